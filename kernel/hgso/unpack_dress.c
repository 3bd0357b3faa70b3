// SPDX-License-Identifier: GPL-2.0
/*
 * All that a super-packet has beside octets: socket, route, tracked connection,
 * timestamps, marks.
 */
#include <linux/in.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#include "unpack_test.h"

/* Set by the one skb that TCP sends in unpack_learn_wfree(). */
static void (*unpack_seen)(struct sk_buff *skb);

static int unpack_queue_xmit(struct sock *sk, struct sk_buff *skb,
			     struct flowi *fl)
{
	unpack_seen = skb->destructor;
	kfree_skb(skb);
	return 0;
}

/* Suites that are built in run before anybody has brought it up. */
static int unpack_loopback_up(void)
{
	struct net_device *lo = init_net.loopback_dev;
	int err;

	rtnl_lock();
	err = dev_change_flags(lo, lo->flags | IFF_UP, NULL);
	rtnl_unlock();
	return err;
}

/*
 * tcp_wfree() is not exported: TCP's SYN has it. It goes nowhere, since the
 * socket hands it to us.
 */
static int unpack_learn_wfree(struct unpack_rig *rig)
{
	static struct inet_connection_sock_af_ops ops;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(9),
	};
	int err;

	err = unpack_loopback_up();
	if (err)
		return err;
	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &rig->sock);
	if (err)
		return err;
	ops = *inet_csk(rig->sock->sk)->icsk_af_ops;
	ops.queue_xmit = unpack_queue_xmit;
	inet_csk(rig->sock->sk)->icsk_af_ops = &ops;
	unpack_seen = NULL;
	err = kernel_connect(rig->sock, (struct sockaddr *)&to, sizeof(to),
			     O_NONBLOCK);
	if (err != -EINPROGRESS)
		return err ?: -EISCONN;
	/* No timer sends another one. */
	lock_sock(rig->sock->sk);
	tcp_clear_xmit_timers(rig->sock->sk);
	release_sock(rig->sock->sk);
	rig->wfree = unpack_seen;
	return rig->wfree ? 0 : -ENOENT;
}

static struct dst_ops unpack_dst_ops = {
	.family = AF_INET,
};

/* A case's rig. unpack_rig_exit() frees what a failure leaves. */
int unpack_rig_init(struct kunit *test)
{
	struct unpack_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	int err;

	if (!rig)
		return -ENOMEM;
	err = kinds_init(test);
	rig->kinds = test->priv;
	test->priv = rig;
	if (err)
		return err;
	rig->features = rig->kinds->dev->features;
	rig->enc = rig->kinds->dev->hw_enc_features;
	err = unpack_learn_wfree(rig);
	if (err)
		return err;
	rig->dst = kunit_kzalloc(test, sizeof(*rig->dst), GFP_KERNEL);
	if (!rig->dst)
		return -ENOMEM;
	dst_init(rig->dst, &unpack_dst_ops, NULL, DST_OBSOLETE_NONE,
		 DST_NOCOUNT);
	/* All that the stack does with one in an skb is to count. */
	rig->conn = kunit_kzalloc(test, sizeof(*rig->conn), GFP_KERNEL);
	if (!rig->conn)
		return -ENOMEM;
	refcount_set(&rig->conn->use, 1);
	return 0;
}

void unpack_rig_exit(struct kunit *test)
{
	struct unpack_rig *rig = test->priv;

	if (!rig)
		return;
	if (rig->sock)
		sock_release(rig->sock);
	test->priv = rig->kinds;
	kinds_exit(test);
}

/* Octets that the socket has in flight. */
int unpack_memory(const struct unpack_rig *rig)
{
	return refcount_read(&rig->sock->sk->sk_wmem_alloc);
}

/* To the route and to the connection, held by skbs. */
int unpack_references(const struct unpack_rig *rig)
{
	return rcuref_read(&rig->dst->__rcuref) +
	       refcount_read(&rig->conn->use);
}

/**
 * unpack_kept() - is something kept of a super-packet whose segments are free?
 * @rig: the rig
 * @base: unpack_memory() before it was made
 * @refs: unpack_references() before it was made
 *
 * Return: what, or NULL.
 */
const char *unpack_kept(const struct unpack_rig *rig, int base, int refs)
{
	if (unpack_memory(rig) != base)
		return "the socket's memory is not given back";
	if (unpack_references(rig) != refs)
		return "references to the route or the connection are left";
	return NULL;
}

void unpack_random_dress(struct rnd_state *rnd, struct unpack_dress *dress)
{
	dress->seed = prandom_u32_state(rnd);
	dress->sender = super_below(rnd, UNPACK_NR_SENDERS);
	dress->route = !super_below(rnd, 4);
	dress->extension = !super_below(rnd, 4);
	dress->conn = !super_below(rnd, 4);
}

static void unpack_sender(struct unpack_rig *rig, u8 sender,
			  struct sk_buff *skb)
{
	struct sock *sk = rig->sock->sk;

	skb->sk = sk;
	switch (sender) {
	case UNPACK_NO_SENDER:
		skb->sk = NULL;
		return;
	case UNPACK_READER:
		sock_hold(sk);
		skb->destructor = sock_efree;
		return;
	case UNPACK_TCP:
		skb->destructor = rig->wfree;
		break;
	case UNPACK_WRITER:
		skb->destructor = sock_wfree;
		break;
	}
	refcount_add(skb->truesize, &sk->sk_wmem_alloc);
}

/* Those that only some kernels have. */
static void unpack_optional_marks(struct rnd_state *rnd, struct sk_buff *skb)
{
#ifdef CONFIG_NET_SCHED
	skb->tc_index = prandom_u32_state(rnd);
#endif
#ifdef CONFIG_NET_XGRESS
	skb->tc_skip_classify = super_below(rnd, 2);
#endif
#if IS_ENABLED(CONFIG_NF_TABLES)
	skb->nf_trace = super_below(rnd, 2);
#endif
#ifdef CONFIG_NET_EGRESS
	skb->nf_skip_egress = super_below(rnd, 2);
#endif
#ifdef CONFIG_NET_SWITCHDEV
	skb->offload_fwd_mark = super_below(rnd, 2);
#endif
#ifdef CONFIG_SKB_DECRYPTED
	skb->decrypted = super_below(rnd, 2);
#endif
#ifdef CONFIG_XPS
	skb->sender_cpu = prandom_u32_state(rnd);
#endif
#ifdef CONFIG_NETWORK_SECMARK
	skb->secmark = prandom_u32_state(rnd);
#endif
}

static void unpack_marks(struct rnd_state *rnd, struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	prandom_bytes_state(rnd, skb->cb, sizeof(skb->cb));
	skb->tstamp = prandom_u32_state(rnd);
	skb->queue_mapping = prandom_u32_state(rnd);
	skb->priority = prandom_u32_state(rnd);
	skb->mark = prandom_u32_state(rnd);
	skb->skb_iif = prandom_u32_state(rnd);
	skb->hash = prandom_u32_state(rnd);
	skb->l4_hash = super_below(rnd, 2);
	skb->sw_hash = super_below(rnd, 2);
	skb->ooo_okay = super_below(rnd, 2);
	skb->pkt_type = super_below(rnd, 5);
	skb->ignore_df = super_below(rnd, 2);
	skb->tstamp_type = super_below(rnd, 2);
	skb->no_fcs = super_below(rnd, 2);
	skb->redirected = super_below(rnd, 2);
	skb->dst_pending_confirm = super_below(rnd, 2);
	unpack_optional_marks(rnd, skb);
	if (!skb_zcopy(skb) && !super_below(rnd, 4))
		shinfo->flags |= SKBFL_SHARED_FRAG;
	if (super_below(rnd, 2))
		return;
	/* Near the sequence numbers of the packet, most of the time. */
	shinfo->tx_flags = prandom_u32_state(rnd);
	shinfo->tskey = prandom_u32_state(rnd);
	if (skb_headlen(skb) >= skb_transport_offset(skb) + 8 &&
	    super_below(rnd, 8))
		shinfo->tskey = ntohl(tcp_hdr(skb)->seq) +
				super_below(rnd, skb->len + 1000);
}

/**
 * unpack_put_on() - give a super-packet all that it has beside octets
 * @rig: socket, route and connection
 * @dress: what; two super-packets get the same of the same
 * @skb: the super-packet
 *
 * Return: false without memory.
 */
bool unpack_put_on(struct unpack_rig *rig, const struct unpack_dress *dress,
		   struct sk_buff *skb)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, dress->seed);
	unpack_marks(&rnd, skb);
	unpack_sender(rig, dress->sender, skb);
	if (dress->route) {
		dst_hold(rig->dst);
		skb_dst_set(skb, rig->dst);
	}
	if (dress->conn && IS_ENABLED(CONFIG_NF_CONNTRACK)) {
		nf_conntrack_get(rig->conn);
		skb_set_nfct(skb, (unsigned long)rig->conn |
			     super_below(&rnd, NFCT_INFOMASK + 1));
	}
#ifdef CONFIG_XFRM
	if (dress->extension)
		return secpath_set(skb);
#endif
	return true;
}
