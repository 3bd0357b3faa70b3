// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's software segmentation of IPv4 and IPv6, done by hgso_unpack():
 * for all devices, on an unmodified kernel.
 */
#include <linux/capability.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "takeover.h"

/* What was asked for at load; afterwards takeover_on tells. */
static bool takeover_wanted = IS_MODULE(CONFIG_HGSO_TAKEOVER);
static bool takeover_ready;

static int takeover_set_enabled(const char *val, const struct kernel_param *kp)
{
	bool on = true;
	int err;

	/* The file's mode asks for a root; this, for the machine's. */
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	/* The word alone switches it on. */
	err = val ? kstrtobool(val, &on) : 0;
	if (err)
		return err;
	if (takeover_ready)
		return takeover_switch(on);
	takeover_wanted = on;
	return 0;
}

static int takeover_get_enabled(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%c\n", READ_ONCE(takeover_on) ? 'Y' : 'N');
}

static const struct kernel_param_ops takeover_enabled_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = takeover_set_enabled,
	.get = takeover_get_enabled,
};

module_param_cb(enabled, &takeover_enabled_ops, NULL, 0644);
MODULE_PARM_DESC(enabled,
		 "Take the kernel's segmentation over (default on; off where built in)");

static int takeover_set_sample(const char *val, const struct kernel_param *kp)
{
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	return param_set_uint(val, kp);
}

static const struct kernel_param_ops takeover_sample_ops = {
	.set = takeover_set_sample,
	.get = param_get_uint,
};

module_param_cb(sample, &takeover_sample_ops, &takeover_sample, 0644);
MODULE_PARM_DESC(sample,
		 "Time one super-packet in so many, every other of them in the kernel's function (default 0: none)");

static int __init takeover_init(void)
{
	int err;

	/* A write to the file comes before this, or after it. */
	kernel_param_lock(THIS_MODULE);
	err = takeover_wanted ? takeover_switch(true) : 0;
	takeover_ready = true;
	kernel_param_unlock(THIS_MODULE);
	/* What is called cannot go: then the module stays, switched off. */
	if (err && !takeover_held())
		return err;
	takeover_status_init();
	return 0;
}

/* Switched off, or it would not be unloaded: see takeover_pin(). */
static void __exit takeover_exit(void)
{
	takeover_status_exit();
}

module_init(takeover_init);
module_exit(takeover_exit);

MODULE_DESCRIPTION("The kernel's software segmentation, by hgso");
MODULE_LICENSE("GPL");
