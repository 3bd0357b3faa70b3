# SPDX-License-Identifier: GPL-2.0
"""Emulated NICs, wires and faults, as the scenarios and the demo use them.

Everything is driven from outside: a *host* (an ``executor.Executor``) runs
commands, on a virtual machine or, as root, right here. On it

    testbed.Testbed   a host with our modules, one pair of NICs and a folder
                      for what a failing test leaves
    pair.Pair         two linked NICs in two network namespaces
    nic.Nic           one of them: strategy, features, rings, link
    counters          what driver, hardware, wire and IOMMU counted
    qemu_pair         two PCI NICs that QEMU emulates, for drivers of others
    star.Star         any number of NICs around a modelled switch
    wire              rate, latency, queue; waiting for what a wire counts
    limits            NICs of which the hardware can do less
    faults            hardware that goes wrong when asked to
    chaos             settings and faults, drawn at random
    vlan, tunnel      interfaces above the NICs of a pair
    capture           what was on the wire, and what tshark says about it
    impairment        loss, duplication and reordering
    iperf, transfer   streams, and files whose SHA-256 is compared
    burst, replay     datagrams, and frames past the stack, exactly so many
    superpacket       exactly known super-packets, sent past the stack
    dmamaps           maps of any device, by the kernel's tracepoints
    ledger            who mapped what for a NIC, and what was done wrong
    dmadebug          the kernel's own list of DMA mappings
    cputime           who used the processors

Commands cost a guest 50 ms and more, so what is asked often is asked in one
command.
"""
