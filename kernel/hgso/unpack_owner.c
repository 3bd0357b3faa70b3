// SPDX-License-Identifier: GPL-2.0
/*
 * Whose the segments are. A socket's memory is accounted by the destructor of
 * the skb that has it, and the stack knows three cases:
 *
 *	tcp_wfree	every segment has it: TCP must learn when the last one
 *			has left (TCP Small Queues)
 *	sock_wfree	UDP: every segment has it; TCP: the last one takes it over
 *	any other	stays with the super-packet, which is freed at once
 *
 * tcp_wfree() is not exported. It is learnt from the first skb that has it: a
 * destructor that is none of the exported ones is asked for its name. Once it
 * is known, no other one is asked.
 */
#include <linux/kallsyms.h>
#include <linux/refcount.h>
#include <linux/string.h>
#include <net/inet_hashtables.h>
#include <net/sock.h>

#include "unpack.h"

typedef void (*unpack_destructor)(struct sk_buff *skb);

/*
 * Written by whoever sees such an skb first: tcp_wfree() once; the other one
 * rarely, and only before, so that nobody is asked for each packet.
 */
static unpack_destructor unpack_tcp_wfree;
static unpack_destructor unpack_other;

/* The long way, for what was never seen before. */
static noinline enum unpack_owner unpack_learn(unpack_destructor destructor)
{
	char name[KSYM_SYMBOL_LEN];

	/* A symbol of a module has the module's name behind it. */
	sprint_symbol_no_offset(name, (unsigned long)destructor);
	if (!strcmp(name, "tcp_wfree")) {
		WRITE_ONCE(unpack_tcp_wfree, destructor);
		return UNPACK_ALL;
	}
	/* Without a table of symbols it is a number. */
	if (!strncmp(name, "0x", 2))
		return UNPACK_UNKNOWN;
	WRITE_ONCE(unpack_other, destructor);
	return UNPACK_NOBODY;
}

/**
 * unpack_owner() - what becomes of the socket of a super-packet
 * @skb: the super-packet, TCP or UDP
 *
 * Context: any.
 * Return: as the stack decides it; UNPACK_UNKNOWN when that cannot be told.
 */
enum unpack_owner unpack_owner(const struct sk_buff *skb)
{
	unpack_destructor destructor = skb->destructor;
	bool udp = skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4;

	if (!destructor)
		return UNPACK_NOBODY;
	if (destructor == sock_wfree)
		return udp ? UNPACK_ALL : UNPACK_LAST;
	if (likely(destructor == READ_ONCE(unpack_tcp_wfree)))
		return udp ? UNPACK_NOBODY : UNPACK_ALL;
	if (destructor == READ_ONCE(unpack_other) ||
	    destructor == sock_efree || destructor == sock_edemux ||
	    destructor == sock_rfree)
		return UNPACK_NOBODY;
	if (udp || READ_ONCE(unpack_tcp_wfree))
		return UNPACK_NOBODY;
	return unpack_learn(destructor);
}

/* What the segments take more than the super-packet did. */
static void unpack_charge(struct sock *sk, int delta)
{
	if (likely(delta >= 0))
		refcount_add(delta, &sk->sk_wmem_alloc);
	else
		WARN_ON_ONCE(refcount_sub_and_test(-delta,
						   &sk->sk_wmem_alloc));
}

/**
 * unpack_own() - hand the socket over to the segments
 * @job: the super-packet; it has no socket any more if the segments have it
 * @segs: all its segments
 * @last: the last of them
 *
 * Context: any but hard interrupt.
 */
void unpack_own(const struct unpack_job *job, struct sk_buff *segs,
		struct sk_buff *last)
{
	struct sk_buff *skb = job->skb, *seg;
	struct sock *sk = skb->sk;
	int sum = 0;

	if (job->owner == UNPACK_NOBODY)
		return;
	if (job->owner == UNPACK_LAST) {
		swap(last->truesize, skb->truesize);
		swap(last->destructor, skb->destructor);
		swap(last->sk, skb->sk);
		return;
	}

	for (seg = segs; seg; seg = seg->next) {
		seg->sk = sk;
		seg->destructor = skb->destructor;
		sum += seg->truesize;
	}
	unpack_charge(sk, sum - (int)skb->truesize);
	skb->sk = NULL;
	skb->destructor = NULL;
}
