// SPDX-License-Identifier: GPL-2.0
/* net_device_ops of a NIC: up and down, features, strategies, limits. */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/interrupt.h>
#include <linux/rtnetlink.h>

#include "netdevsim.h"
#include "nic.h"
#include "nic_channels.h"
#include "nic_link.h"

#define NIC_QUIESCE_MS		1000
/* What one strategy has and another has not. */
#define NIC_GSO			(NETIF_F_GSO_MASK | NETIF_F_FRAGLIST)
/* What the hardware has besides, and is off until asked for. */
#define NIC_OFFERED		(NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | \
				 NETIF_F_HW_VLAN_CTAG_TX | \
				 NETIF_F_HW_VLAN_CTAG_RX | NETIF_F_RXHASH)
#define NIC_TX_FEATURES		(NIC_FEAT_TX_CSUM | NIC_FEAT_TX_CSUM_V4 | \
				 NIC_FEAT_TX_CSUM_V6 | NIC_FEAT_TSO | \
				 NIC_FEAT_USO | NIC_FEAT_VLAN_INSERT | \
				 NIC_FEAT_TX_STAMP)

static void nic_write(struct nsim_nic *nic, u32 reg, u32 val)
{
	nic_hw_write(nic->hw, reg, val);
}

static void nic_write_addr(struct nsim_nic *nic, u32 reg_lo, dma_addr_t addr)
{
	nic_write(nic, reg_lo, lower_32_bits(addr));
	nic_write(nic, reg_lo + NIC_Q_BASE_HI - NIC_Q_BASE_LO,
		  upper_32_bits(addr));
}

/**
 * nic_coalesce_write() - tell the hardware how long interrupts may wait
 * @nic: the NIC
 *
 * Context: process, under RTNL.
 */
void nic_coalesce_write(struct nsim_nic *nic)
{
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		nic_write(nic, NIC_REG_VEC(i) + NIC_V_USECS,
			  nic->queues[i].usecs);
		nic_write(nic, NIC_REG_VEC(i) + NIC_V_FRAMES,
			  nic->queues[i].frames);
	}
}

static void nic_mtu_write(struct nsim_nic *nic)
{
	nic_write(nic, NIC_REG_MTU, nic->netdev->mtu + VLAN_ETH_HLEN);
}

static void nic_queue_write(struct nsim_nic *nic, struct nic_queue *queue)
{
	u32 txq = NIC_REG_TXQ(queue->index);
	u32 rxq = NIC_REG_RXQ(queue->index);

	*queue->tx.mem.wb = 0;
	*queue->rx.mem.wb = 0;
	nic_write_addr(nic, txq + NIC_Q_BASE_LO, queue->tx.mem.desc_dma);
	nic_write_addr(nic, txq + NIC_Q_WB_LO, queue->tx.mem.wb_dma);
	nic_write(nic, txq + NIC_Q_SIZE, queue->tx.mem.size +
		  nic_has_bug(nic, NIC_BUG_RING));
	nic_write_addr(nic, rxq + NIC_Q_BASE_LO, queue->rx.mem.desc_dma);
	nic_write_addr(nic, rxq + NIC_Q_WB_LO, queue->rx.mem.wb_dma);
	nic_write(nic, rxq + NIC_Q_BUF_SIZE, nic_rx_buf_size(&queue->rx));
	nic_write_addr(nic, rxq + NIC_Q_HDR_LO, queue->rx.mem.hdrs_dma);
	nic_write(nic, rxq + NIC_Q_HDR_SIZE,
		  queue->rx.mem.hdrs ? NIC_RX_HDR_SIZE : 0);
	nic_write(nic, rxq + NIC_Q_SIZE, queue->rx.mem.size);
}

static u32 nic_hw_features(const struct nsim_nic *nic,
			   netdev_features_t features)
{
	u32 hw = NIC_FEAT_TSO | NIC_FEAT_USO | NIC_FEAT_TUNNEL;

	if (!nic->tx_csum)
		features &= ~NETIF_F_CSUM_MASK;
	if (features & NETIF_F_HW_CSUM)
		hw |= NIC_FEAT_TX_CSUM;
	if (features & NETIF_F_IP_CSUM)
		hw |= NIC_FEAT_TX_CSUM_V4;
	if (features & NETIF_F_IPV6_CSUM)
		hw |= NIC_FEAT_TX_CSUM_V6;
	if (features & NETIF_F_RXCSUM)
		hw |= READ_ONCE(nic->rx_sum) ? NIC_FEAT_RX_SUM :
					       NIC_FEAT_RX_CSUM;
	if (features & NETIF_F_HW_VLAN_CTAG_TX)
		hw |= NIC_FEAT_VLAN_INSERT;
	if (features & NETIF_F_HW_VLAN_CTAG_RX)
		hw |= NIC_FEAT_VLAN_STRIP;
	if (features & NETIF_F_RXHASH)
		hw |= NIC_FEAT_RSS_HASH;
	if (features & NETIF_F_GRO_HW)
		hw |= NIC_FEAT_RX_MERGE;
	if (nic->ptp.rx)
		hw |= NIC_FEAT_RX_STAMP;
	if (nic->ptp.tx)
		hw |= NIC_FEAT_TX_STAMP;
	return hw;
}

/**
 * nic_features_write() - let the hardware do what is on, and no more
 * @nic: the NIC
 * @features: what is on
 * @exact: nothing is queued. Otherwise packets may be, that want what was on:
 *	it stays on for transmission until the link goes up the next time.
 *
 * Context: process, under RTNL.
 */
void nic_features_write(struct nsim_nic *nic, netdev_features_t features,
			bool exact)
{
	u32 hw = nic_hw_features(nic, features);

	if (!exact)
		hw |= nic->hw_features & NIC_TX_FEATURES;
	nic_write(nic, NIC_REG_FEATURES, hw);
	/* Pairs with the acquire in nic_tx_stamp(). */
	smp_store_release(&nic->hw_features, hw);
}

static int nic_set_features(struct net_device *dev, netdev_features_t features)
{
	struct nsim_nic *nic = nic_of(dev);

	if (nic->up)
		nic_features_write(nic, features, false);
	return 0;
}

/**
 * nic_up() - start the queues
 * @nic: its rings have memory, interrupts are requested
 *
 * Context: process, under RTNL.
 */
void nic_up(struct nsim_nic *nic)
{
	struct nic_queue *queue;
	u32 i;

	ASSERT_RTNL();
	nic_write(nic, NIC_REG_CTRL, NIC_CTRL_RESET);
	nic_mtu_write(nic);
	nic_features_write(nic, nic->netdev->features, true);
	nic_tunnel_ports_write(nic);
	nic_coalesce_write(nic);
	nic_pause_write(nic);
	nic_rss_write(nic);
	for (i = 0; i < nic->nr_queues; i++) {
		queue = &nic->queues[i];
		queue->tx.hgso.limits.max_descs = nic_tx_capacity(&queue->tx); /* hgso: line */
		nic_headers_set(&queue->tx);
		nic_queue_write(nic, queue);
		/* A late interrupt may poll as soon as NAPI is on. */
		local_bh_disable();
		nic_rx_refill(&queue->rx);
		local_bh_enable();
		napi_enable(&queue->napi);
	}
	nic_write(nic, NIC_REG_CTRL, NIC_CTRL_ENABLE);
	for (i = 0; i < nic->nr_queues; i++)
		nic_write(nic, NIC_REG_VEC(i) + NIC_V_MASK, 0);
	nic->up = true;
	netif_tx_wake_all_queues(nic->netdev);
	nic_watch_start(nic);
}

/**
 * nic_down() - stop the queues and take back everything in them
 * @nic: it is up
 *
 * The watch goes first, since it may turn NAPI on; then NAPI, since it wakes
 * queues; then no packet comes any more; then the hardware stops touching
 * memory, and only then is memory given back.
 *
 * Context: process, under RTNL.
 */
void nic_down(struct nsim_nic *nic)
{
	struct net_device *dev = nic->netdev;
	u32 i;

	ASSERT_RTNL();
	nic->up = false;
	nic_watch_stop(nic);
	for (i = 0; i < nic->nr_queues; i++) {
		timer_delete_sync(&nic->queues[i].rx.retry);
		napi_disable(&nic->queues[i].napi);
		/* A poll may just have set it again. */
		timer_delete_sync(&nic->queues[i].rx.retry);
		hgro_stop(nic->queues[i].rx.hgro);
	}
	netif_tx_disable(dev);
	nic_write(nic, NIC_REG_CTRL, 0);
	if (nic_hw_quiesce(nic->hw, NIC_QUIESCE_MS)) {
		nic_write(nic, NIC_REG_CTRL, NIC_CTRL_RESET);
		if (nic_hw_quiesce(nic->hw, NIC_QUIESCE_MS))
			netdev_err(dev, "hardware does not stop\n");
	}
	for (i = 0; i < nic->nr_queues; i++) {
		nic_write(nic, NIC_REG_VEC(i) + NIC_V_MASK, 1);
		nic_tx_stop(&nic->queues[i].tx);
		nic_rx_stop(&nic->queues[i].rx);
	}
}

static irqreturn_t nic_irq(int irq, void *data)
{
	struct nic_queue *queue = data;
	struct nsim_nic *nic = queue->tx.nic;

	/* Raising masked the vector: no other one comes before the poll. */
	WRITE_ONCE(queue->irqs, queue->irqs + 1);
	if (!queue->index && unlikely(READ_ONCE(nic->link) != nic_link(nic)))
		schedule_work(&nic->link_work);
	napi_schedule_irqoff(&queue->napi);
	return IRQ_HANDLED;
}

static int nic_poll(struct napi_struct *napi, int budget)
{
	struct nic_queue *queue = container_of(napi, struct nic_queue, napi);
	int frames = 0;

	nic_tx_clean(&queue->tx, budget);
	if (budget) {
		frames = nic_rx_poll(&queue->rx, budget);
		lro_flush_all(&queue->rx.lro);
	}
	/* Also where another strategy is in force: flows may still be open. */
	if (hgro_poll_done(queue->rx.hgro, frames, budget))
		nic_write(queue->tx.nic, NIC_REG_VEC(queue->index) + NIC_V_MASK,
			  0);
	return frames;
}

static void nic_irqs_free(struct nsim_nic *nic, u32 nr)
{
	struct net_device *dev = nic->netdev;

	while (nr--) {
		netif_queue_set_napi(dev, nr, NETDEV_QUEUE_TYPE_TX, NULL);
		netif_queue_set_napi(dev, nr, NETDEV_QUEUE_TYPE_RX, NULL);
		irq_set_affinity_and_hint(nic->queues[nr].irq, NULL);
		free_irq(nic->queues[nr].irq, &nic->queues[nr]);
		netif_napi_del(&nic->queues[nr].napi);
	}
}

static int nic_irqs_request(struct nsim_nic *nic)
{
	struct net_device *dev = nic->netdev;
	struct nic_queue *queue;
	unsigned int cpu;
	int err;
	u32 i;

	for (i = 0; i < nic->nr_queues; i++) {
		queue = &nic->queues[i];
		snprintf(queue->irq_name, sizeof(queue->irq_name), "%s-%u",
			 dev->name, i);
		queue->irq = nic_hw_irq(nic->hw, i);
		netif_napi_add(dev, &queue->napi, nic_poll);
		netif_napi_set_irq(&queue->napi, queue->irq);
		err = queue->irq < 0 ? queue->irq :
		      request_irq(queue->irq, nic_irq, 0, queue->irq_name,
				  queue);
		if (err) {
			netif_napi_del(&queue->napi);
			nic_irqs_free(nic, i);
			return err;
		}
		/* One CPU a queue, as far as there are; /proc/irq changes it. */
		cpu = cpumask_local_spread(i, NUMA_NO_NODE);
		irq_set_affinity_and_hint(queue->irq, cpumask_of(cpu));
		netif_queue_set_napi(dev, i, NETDEV_QUEUE_TYPE_TX,
				     &queue->napi);
		netif_queue_set_napi(dev, i, NETDEV_QUEUE_TYPE_RX,
				     &queue->napi);
	}
	return 0;
}

static int nic_open(struct net_device *dev)
{
	struct nsim_nic *nic = nic_of(dev);
	int err;

	err = nic_limits_read(nic);
	if (err)
		return err;
	/* It may be another model than it was. */
	netdev_update_features(dev);
	err = nic_irqs_request(nic);
	if (err)
		return err;
	err = nic_rings_alloc(nic);
	if (err) {
		nic_irqs_free(nic, nic->nr_queues);
		return err;
	}
	nic_up(nic);
	nic_link_update(nic->ns);
	return 0;
}

static int nic_stop(struct net_device *dev)
{
	struct nsim_nic *nic = nic_of(dev);

	nic_link_update(nic->ns);
	nic_down(nic);
	nic_rings_free(nic);
	nic_irqs_free(nic, nic->nr_queues);
	return 0;
}

static int nic_change_mtu(struct net_device *dev, int mtu)
{
	WRITE_ONCE(dev->mtu, mtu);
	nic_mtu_write(nic_of(dev));
	return 0;
}

static netdev_features_t nic_features_check(struct sk_buff *skb,
					    struct net_device *dev,
					    netdev_features_t features)
{
	struct nsim_nic *nic = nic_of(dev);
	struct nic_tx_ring *tx = &nic->queues[0].tx;

	if (READ_ONCE(nic->txs) == &nic_tx_hgso)			/* hgso: line */
		features = hgso_features_check(skb, features, &tx->hgso); /* hgso: line */
	features = nic_limits_check(nic, skb, features);
	return vlan_features_check(skb, features);
}

static netdev_features_t nic_fix_features(struct net_device *dev,
					  netdev_features_t features)
{
	struct nsim_nic *nic = nic_of(dev);

	if (nic->rxs == NIC_RX_NONE || nic->rxs == NIC_RX_LRO_HW)
		features &= ~NETIF_F_GRO;
	/* Of another strategy than the one in force: the core would keep it. */
	features &= ~((NETIF_F_LRO | NETIF_F_GRO_HW) & ~dev->hw_features);
	/* What receive descriptors cannot say the hardware does not do. */
	if (!(nic->rx_layout->says & NIC_RX_HASH_L4))
		features &= ~NETIF_F_RXHASH;
	if (!(nic->rx_layout->says & NIC_RX_MERGED))
		features &= ~NETIF_F_GRO_HW;
	/* "tx on" asks for all styles of checksum; any one is the best. */
	if (features & NETIF_F_HW_CSUM)
		features &= ~(NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM);
	return features & ~(NIC_GSO & ~nic->txs->features);
}

/**
 * nic_tso_limits() - tell the stack how large a super-packet may be
 * @nic: the NIC
 *
 * A segment takes two descriptors, and one more where a page frag ends in it;
 * a super-packet that hardware segments is one chain.
 *
 * Context: process, under RTNL, or before registration.
 */
void nic_tso_limits(struct nsim_nic *nic)
{
	struct net_device *dev = nic->netdev;
	u32 segs = GSO_MAX_SEGS;
	bool at_limit;

	if (!nic->txs->whole)
		segs = (nic->sizes.tx - 2 - MAX_SKB_FRAGS) / 2;
	at_limit = READ_ONCE(dev->gso_max_segs) == dev->tso_max_segs;
	netif_set_tso_max_segs(dev, segs);
	/* The core lowers what the administrator set; it does not raise. */
	if (at_limit)
		WRITE_ONCE(dev->gso_max_segs, segs);
	/* One call: the core lowers what the administrator set. */
	netif_set_tso_max_size(dev, nic->txs != &nic_tx_hgso ?
			       GSO_LEGACY_MAX_SIZE : GSO_MAX_SIZE);	/* hgso: ring */
}

/* Checksums by protocol are of the outer headers only. */
static netdev_features_t nic_enc_features(const struct net_device *dev)
{
	return dev->vlan_features & ~(NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM);
}

/**
 * nic_features_init() - features before registration
 * @nic: the NIC
 *
 * Context: process.
 */
void nic_features_init(struct nsim_nic *nic)
{
	struct net_device *dev = nic->netdev;
	netdev_features_t base = NETIF_F_SG | NETIF_F_HW_CSUM;

	dev->features = base | NETIF_F_RXCSUM | nic->txs->features |
			NETIF_F_HIGHDMA;
	if (nic_rx_is_lro(nic->rxs))
		dev->features |= NETIF_F_LRO;
	if (nic->rxs == NIC_RX_LRO_HW)
		dev->features |= NETIF_F_GRO_HW;
	dev->hw_features = (dev->features & ~NETIF_F_HIGHDMA) | NIC_OFFERED;
	dev->vlan_features = base | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
			     NETIF_F_HIGHDMA | nic->txs->features;
	dev->hw_enc_features = nic_enc_features(dev);	/* hgso: line */
	dev->gso_partial_features = nic->txs->partial;
	nic_tso_limits(nic);
}

/**
 * nic_strategy_set() - send super-packets another way from now on
 * @nic: the NIC, up or not
 * @txs: the way
 *
 * What @txs offers beyond the old one is turned on; what is offered by both
 * stays as the administrator set it. Packets already queued with features that
 * @txs lacks are segmented by the stack.
 *
 * Context: process, under RTNL.
 */
void nic_strategy_set(struct nsim_nic *nic, const struct nic_tx_strategy *txs)
{
	netdev_features_t old = nic->txs->features;
	struct net_device *dev = nic->netdev;

	ASSERT_RTNL();
	dev->hw_features = (dev->hw_features & ~NIC_GSO) | txs->features;
	dev->vlan_features = (dev->vlan_features & ~NIC_GSO) | txs->features;
	dev->hw_enc_features = nic_enc_features(dev);
	dev->gso_partial_features = txs->partial;
	dev->wanted_features |= txs->features & ~old;
	WRITE_ONCE(nic->txs, txs);
	nic_tso_limits(nic);
	netdev_update_features(dev);
}

/**
 * nic_rx_strategy_set() - change how received frames go up
 * @nic: the NIC, up or not
 * @rxs: from the next frame on
 *
 * Context: process, under RTNL.
 */
void nic_rx_strategy_set(struct nsim_nic *nic, enum nic_rx_strategy rxs)
{
	ASSERT_RTNL();
	nic_lro_offer(nic, rxs);
	nic_lro_hw_offer(nic, rxs);
	WRITE_ONCE(nic->rxs, rxs);
	netdev_update_features(nic->netdev);
}

static int nic_get_iflink(const struct net_device *dev)
{
	struct netdevsim *ns = netdev_priv(dev);
	struct netdevsim *peer;
	int iflink;

	rcu_read_lock();
	peer = rcu_dereference(ns->peer);
	iflink = READ_ONCE((peer ? peer->netdev : dev)->ifindex);
	rcu_read_unlock();
	return iflink;
}

static int nic_bpf(struct net_device *dev, struct netdev_bpf *bpf)
{
	if (bpf->command == XDP_SETUP_PROG || bpf->command == XDP_SETUP_PROG_HW)
		NL_SET_ERR_MSG_MOD(bpf->extack,
				   "a NIC has no native XDP, use generic XDP");
	return -EOPNOTSUPP;
}

const struct net_device_ops nic_netdev_ops = {
	.ndo_open		= nic_open,
	.ndo_stop		= nic_stop,
	.ndo_start_xmit		= nic_start_xmit,
	.ndo_tx_timeout		= nic_tx_timeout,
	.ndo_features_check	= nic_features_check,
	.ndo_fix_features	= nic_fix_features,
	.ndo_set_features	= nic_set_features,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_change_mtu		= nic_change_mtu,
	.ndo_change_carrier	= nic_change_carrier,
	.ndo_get_stats64	= nic_get_stats64,
	.ndo_get_iflink		= nic_get_iflink,
	.ndo_bpf		= nic_bpf,
	.ndo_hwtstamp_get	= nic_hwtstamp_get,
	.ndo_hwtstamp_set	= nic_hwtstamp_set,
};
