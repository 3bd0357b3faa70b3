// SPDX-License-Identifier: GPL-2.0
/*
 * The IOMMU itself, and the devices behind it.
 *
 * Devices find the IOMMU by its software node, named in their fwspec before
 * they are added; no other device names that node, and a real IOMMU has
 * another one or none. So neither ever sees the other's devices.
 */
#include <linux/cpumask.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "device.h"
#include "ledger.h"

#define NSIM_RELEASE_MS		100	/* between two looks at a device */

struct iommu_device nsim_iommu;

static const struct software_node nsim_iommu_node = { .name = "nsim-iommu" };
static struct platform_device *nsim_iommu_hw;
static struct workqueue_struct *nsim_release_wq;
static DEFINE_XARRAY_ALLOC(nsim_iommu_devs);	/* by stream id */
static atomic64_t nsim_leaked_pages = ATOMIC64_INIT(0);

/**
 * nsim_iommu_dev_by_stream - the device with a stream id
 * @stream: the id in its fwspec
 *
 * Return: the device, or NULL.
 */
struct nsim_iommu_dev *nsim_iommu_dev_by_stream(u32 stream)
{
	return xa_load(&nsim_iommu_devs, stream);
}

/**
 * nsim_iommu_dev_of - what the IOMMU knows of a device
 * @dev: any device
 *
 * Return: ours, or NULL for a device that is not behind this IOMMU.
 */
struct nsim_iommu_dev *nsim_iommu_dev_of(struct device *dev)
{
	if (!dev->iommu || dev->iommu->iommu_dev != &nsim_iommu)
		return NULL;

	return dev_iommu_priv_get(dev);
}

/**
 * nsim_iommu_mode_name - a mode as people write it
 * @mode: the mode
 *
 * Return: "strict", "lazy" or "identity".
 */
const char *nsim_iommu_mode_name(enum nsim_iommu_mode mode)
{
	static const char * const names[] = {
		[NSIM_IOMMU_STRICT] = "strict",
		[NSIM_IOMMU_LAZY] = "lazy",
		[NSIM_IOMMU_IDENTITY] = "identity",
	};

	return names[mode];
}

/**
 * nsim_iommu_mode - the mode in force
 * @dev: a device from nsim_iommu_device_create()
 *
 * It is what was asked for, unless an administrator has since changed the type
 * of the device's IOMMU group.
 *
 * Context: process, while the device exists.
 * Return: the mode.
 */
enum nsim_iommu_mode nsim_iommu_mode(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	if (domain && domain->type == IOMMU_DOMAIN_DMA_FQ)
		return NSIM_IOMMU_LAZY;
	if (domain && domain->type == IOMMU_DOMAIN_IDENTITY)
		return NSIM_IOMMU_IDENTITY;
	return NSIM_IOMMU_STRICT;
}
EXPORT_SYMBOL_GPL(nsim_iommu_mode);

static u64 nsim_stat_sum(struct nsim_iommu_dev *nd, enum nsim_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(nd->stats, cpu)->n[stat]);

	return sum;
}

static void nsim_iommu_dev_counters(struct nsim_iommu_dev *nd,
				    struct nsim_iommu_counters *out)
{
	u64 unmapped;

	/* Unmapped first: a page going by must not make pages_live negative. */
	unmapped = nsim_stat_sum(nd, NSIM_STAT_PAGES_UNMAPPED);
	/* Pairs with whatever took the page from its mapper to its unmapper. */
	smp_rmb();
	out->pages_mapped = nsim_stat_sum(nd, NSIM_STAT_PAGES_MAPPED);
	out->pages_live = out->pages_mapped - unmapped;
	out->maps = nsim_stat_sum(nd, NSIM_STAT_MAPS);
	out->map_failures = nsim_stat_sum(nd, NSIM_STAT_MAP_FAILURES);
	out->unmaps = nsim_stat_sum(nd, NSIM_STAT_UNMAPS);
	out->iotlb_hits = nsim_stat_sum(nd, NSIM_STAT_IOTLB_HITS);
	out->iotlb_misses = nsim_stat_sum(nd, NSIM_STAT_IOTLB_MISSES);
	out->iotlb_stale = nsim_stat_sum(nd, NSIM_STAT_IOTLB_STALE);
	out->iotlb_flushes = nsim_stat_sum(nd, NSIM_STAT_IOTLB_FLUSHES);
	out->faults = nsim_stat_sum(nd, NSIM_STAT_FAULTS);
}

/**
 * nsim_iommu_counters - what has happened at a device
 * @dev: the device; all are 0 for one that is not behind this IOMMU
 * @out: the counters
 *
 * Context: any. Each counter is exact when nothing is going on; under traffic
 * they are not one snapshot.
 */
void nsim_iommu_counters(struct device *dev, struct nsim_iommu_counters *out)
{
	struct nsim_iommu_dev *nd = nsim_iommu_dev_of(dev);

	memset(out, 0, sizeof(*out));
	if (nd)
		nsim_iommu_dev_counters(nd, out);
}
EXPORT_SYMBOL_GPL(nsim_iommu_counters);

/**
 * nsim_iommu_faults - the newest accesses that a device was refused
 * @dev: the device
 * @out: room for @max faults; the newest comes first
 * @max: how many are wanted; the IOMMU keeps 32
 *
 * Context: any.
 * Return: how many were there; 0 for a device that is not behind this IOMMU.
 */
unsigned int nsim_iommu_faults(struct device *dev,
			       struct nsim_iommu_fault *out, unsigned int max)
{
	struct nsim_iommu_dev *nd = nsim_iommu_dev_of(dev);

	return nd ? nsim_fault_newest(&nd->faults, out, max) : 0;
}
EXPORT_SYMBOL_GPL(nsim_iommu_faults);

/**
 * nsim_iommu_fail_map - the point where a device's maps are made to fail
 * @dev: a device from nsim_iommu_device_create()
 *
 * Context: any, while the device exists.
 * Return: the point; the device's.
 */
struct nsim_inject *nsim_iommu_fail_map(struct device *dev)
{
	return &nsim_iommu_dev_of(dev)->fail_map;
}
EXPORT_SYMBOL_GPL(nsim_iommu_fail_map);

/**
 * nsim_iommu_leaked_pages - pages that were still mapped when their device went
 *
 * Context: any.
 * Return: pages, of all devices since the module was loaded. Also in the module
 * parameter leaked_pages.
 */
u64 nsim_iommu_leaked_pages(void)
{
	return atomic64_read(&nsim_leaked_pages);
}
EXPORT_SYMBOL_GPL(nsim_iommu_leaked_pages);

static int leaked_pages_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%llu\n", nsim_iommu_leaked_pages());
}

static const struct kernel_param_ops leaked_pages_ops = {
	.get = leaked_pages_get,
};
module_param_cb(leaked_pages, &leaked_pages_ops, NULL, 0444);
MODULE_PARM_DESC(leaked_pages, "pages still mapped when their device went");

static struct nsim_iommu_dev *nsim_iommu_dev_alloc(enum nsim_iommu_mode mode)
{
	struct nsim_iommu_dev *nd;
	int err = -ENOMEM;

	nd = kvzalloc(sizeof(*nd), GFP_KERNEL);
	if (!nd)
		return ERR_PTR(err);

	nd->mode = mode;
	if (nsim_iotlb_init(&nd->iotlb))
		goto err_free;
	nsim_fault_log_init(&nd->faults);
	nsim_inject_init(&nd->fail_map, &nd->armed, 0);

	nd->stats = alloc_percpu(struct nsim_stats);
	if (!nd->stats)
		goto err_free_iotlb;

	err = xa_alloc(&nsim_iommu_devs, &nd->stream, nd, xa_limit_32b,
		       GFP_KERNEL);
	if (err)
		goto err_free_stats;

	return nd;

err_free_stats:
	free_percpu(nd->stats);
err_free_iotlb:
	nsim_iotlb_exit(&nd->iotlb);
err_free:
	kvfree(nd);
	return ERR_PTR(err);
}

static void nsim_iommu_dev_free(struct nsim_iommu_dev *nd)
{
	xa_erase(&nsim_iommu_devs, nd->stream);
	free_percpu(nd->stats);
	nsim_iotlb_exit(&nd->iotlb);
	kvfree(nd);
}

/*
 * What iommu_fwspec_init() would do: it wants a lock of the core's that modules
 * cannot have. Nobody else knows of the device yet, so none is needed.
 */
static int nsim_iommu_fwspec_make(struct device *dev, u32 stream)
{
	struct iommu_fwspec *fwspec;

	dev->iommu = kzalloc(sizeof(*dev->iommu), GFP_KERNEL);
	if (!dev->iommu)
		return -ENOMEM;
	mutex_init(&dev->iommu->lock);

	fwspec = kzalloc(struct_size(fwspec, ids, 1), GFP_KERNEL);
	if (!fwspec)
		return -ENOMEM;
	fwspec->iommu_fwnode =
		fwnode_handle_get(software_node_fwnode(&nsim_iommu_node));
	fwspec->num_ids = 1;
	fwspec->ids[0] = stream;
	dev_iommu_fwspec_set(dev, fwspec);

	return 0;
}

/*
 * The core frees both when a device goes from its bus. One that never got there
 * leaves that to us, and the core exports the freeing of the fwspec alone.
 */
static void nsim_iommu_fwspec_drop(struct device *dev)
{
	if (!dev->iommu)
		return;
	iommu_fwspec_free(dev);
	kfree(dev->iommu);
	dev->iommu = NULL;
}

/*
 * Adding a second device of a name fails too, but not before the driver core
 * has printed a stack trace.
 */
static bool nsim_iommu_name_taken(const struct platform_device *pdev)
{
	struct device *other;
	char *name;

	if (pdev->id == PLATFORM_DEVID_AUTO)
		return false;

	if (pdev->id == PLATFORM_DEVID_NONE)
		name = kstrdup(pdev->name, GFP_KERNEL);
	else
		name = kasprintf(GFP_KERNEL, "%s.%d", pdev->name, pdev->id);
	if (!name)
		return false;

	other = bus_find_device_by_name(&platform_bus_type, NULL, name);
	put_device(other);
	kfree(name);

	return other;
}

static int nsim_iommu_dev_add(struct nsim_iommu_dev *nd)
{
	struct device *dev = &nd->pdev->dev;
	int err;

	if (nsim_iommu_name_taken(nd->pdev))
		return -EEXIST;

	err = nsim_iommu_fwspec_make(dev, nd->stream);
	if (!err)
		err = platform_device_add(nd->pdev);
	if (err)
		nsim_iommu_fwspec_drop(dev);

	return err;
}

/* Whether the core gave the device the translation that was asked for. */
static int nsim_iommu_dev_check(struct nsim_iommu_dev *nd)
{
	struct device *dev = &nd->pdev->dev;
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	if (!nsim_iommu_dev_of(dev) || !domain) {
		dev_err(dev, "the IOMMU core did not take the device\n");
		return -ENODEV;
	}

	if (nd->mode != NSIM_IOMMU_IDENTITY &&
	    (!dev->dma_iommu ||
	     domain->ops != nsim_iommu_ops.default_domain_ops)) {
		dev_err(dev, "no DMA domain, but one of type %#x\n",
			domain->type);
		return -EOPNOTSUPP;
	}

	if (nsim_iommu_mode(dev) != nd->mode) {
		dev_err(dev, "%s IOMMU mode asked for, %s is in force (see iommu.strict= and iommu.passthrough= on the kernel's command line)\n",
			nsim_iommu_mode_name(nd->mode),
			nsim_iommu_mode_name(nsim_iommu_mode(dev)));
		return -EOPNOTSUPP;
	}

	return 0;
}

/**
 * nsim_iommu_device_create - put a new device behind the emulated IOMMU
 * @name: platform device name
 * @id: its number, or PLATFORM_DEVID_NONE, or PLATFORM_DEVID_AUTO
 * @mode: whether addresses are translated, and when unmapped pages are to be
 *	forgotten
 * @ddir: debugfs folder that gets "iommu/", with the files mode, counters and
 *	faults, and that must stay until nsim_iommu_device_destroy(); NULL: they
 *	go to nsim_iommu/<device name>/
 *
 * The device has a group, a domain, a page table and an IOTLB of its own, 48
 * bits of addresses and no limit on segment sizes. It is there to be given to
 * the DMA API; no driver binds to it. While it exists this module stays.
 *
 * Context: process, may sleep.
 * Return: the device, or ERR_PTR: -EINVAL for an unknown mode, -ENOMEM, -EEXIST
 * when there is a device of that name, -ENODEV when the IOMMU core refused it,
 * -EOPNOTSUPP when the mode in force is not @mode (the log says why).
 */
struct platform_device *nsim_iommu_device_create(const char *name, int id,
						 enum nsim_iommu_mode mode,
						 struct dentry *ddir)
{
	struct platform_device *pdev;
	struct nsim_iommu_dev *nd;
	int err;

	if (mode > NSIM_IOMMU_IDENTITY)
		return ERR_PTR(-EINVAL);

	nd = nsim_iommu_dev_alloc(mode);
	if (IS_ERR(nd))
		return ERR_CAST(nd);

	err = -ENOMEM;
	pdev = platform_device_alloc(name, id);
	if (!pdev)
		goto err_free;
	nd->pdev = pdev;

	err = nsim_iommu_dev_add(nd);
	if (err)
		goto err_put;

	err = nsim_iommu_dev_check(nd);
	if (err)
		goto err_del;

	err = dma_set_mask_and_coherent(&pdev->dev,
					DMA_BIT_MASK(NSIM_IOVA_BITS));
	if (err)
		goto err_del;

	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	nsim_iommu_debugfs_add(nd, ddir);
	nsim_ledger_create(nd);

	return pdev;

err_del:
	platform_device_del(pdev);
err_put:
	platform_device_put(pdev);
err_free:
	nsim_iommu_dev_free(nd);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(nsim_iommu_device_create);

/*
 * Lazy domains need no flush before this: unmapping takes entries out of the
 * table at once, only the IOTLB and the IOVA allocator hear of it later.
 */
static void nsim_iommu_report_leaks(struct nsim_iommu_dev *nd)
{
	struct nsim_iommu_counters counters;

	nsim_iommu_dev_counters(nd, &counters);
	if (!counters.pages_live)
		return;

	atomic64_add(counters.pages_live, &nsim_leaked_pages);
	dev_err(&nd->pdev->dev, "%llu pages still mapped\n",
		counters.pages_live);
}

/**
 * nsim_iommu_device_destroy - take a device away
 * @pdev: a device from nsim_iommu_device_create()
 *
 * The modelled hardware must have stopped, and all mappings should be gone:
 * those that are not are reported in the log and added to
 * nsim_iommu_leaked_pages(). The page table goes with all that is in it.
 *
 * Context: process, may sleep.
 */
void nsim_iommu_device_destroy(struct platform_device *pdev)
{
	struct nsim_iommu_dev *nd = nsim_iommu_dev_of(&pdev->dev);

	if (WARN_ON(!nd))
		return;

	nsim_iommu_report_leaks(nd);
	nsim_iommu_debugfs_del(nd);
	nsim_ledger_destroy(nd);
	platform_device_unregister(pdev);
	nsim_iommu_dev_free(nd);
}
EXPORT_SYMBOL_GPL(nsim_iommu_device_destroy);

static void nsim_iommu_release_work(struct work_struct *work)
{
	struct nsim_iommu_dev *nd =
		container_of(work, struct nsim_iommu_dev, release.work);
	struct nsim_iommu_counters counters;

	nsim_iommu_dev_counters(nd, &counters);
	if (counters.pages_live)
		queue_delayed_work(nsim_release_wq, &nd->release,
				   msecs_to_jiffies(NSIM_RELEASE_MS));
	else
		nsim_iommu_device_destroy(nd->pdev);
}

/**
 * nsim_iommu_device_release - take a device away when nothing is mapped for it
 * @pdev: a device from nsim_iommu_device_create(), not the caller's any more
 *
 * Pages that a driver received into may be in the hands of sockets when the
 * driver goes, and its page pool unmaps them when they come back. Until then
 * the device stays, and so does this module. Its debugfs files go at once.
 *
 * Context: process, may sleep.
 */
void nsim_iommu_device_release(struct platform_device *pdev)
{
	struct nsim_iommu_dev *nd = nsim_iommu_dev_of(&pdev->dev);
	struct nsim_iommu_counters counters;

	if (WARN_ON(!nd))
		return;

	nsim_iommu_dev_counters(nd, &counters);
	if (!counters.pages_live) {
		nsim_iommu_device_destroy(pdev);
		return;
	}

	nsim_ledger_left(nd);
	nsim_iommu_debugfs_del(nd);
	INIT_DELAYED_WORK(&nd->release, nsim_iommu_release_work);
	queue_delayed_work(nsim_release_wq, &nd->release,
			   msecs_to_jiffies(NSIM_RELEASE_MS));
}
EXPORT_SYMBOL_GPL(nsim_iommu_device_release);

static int __init nsim_iommu_hw_add(void)
{
	struct platform_device_info info = {
		.name = "nsim-iommu",
		.id = PLATFORM_DEVID_NONE,
	};
	int err;

	err = software_node_register(&nsim_iommu_node);
	if (err)
		return err;

	info.fwnode = software_node_fwnode(&nsim_iommu_node);
	nsim_iommu_hw = platform_device_register_full(&info);
	if (IS_ERR(nsim_iommu_hw)) {
		software_node_unregister(&nsim_iommu_node);
		return PTR_ERR(nsim_iommu_hw);
	}

	return 0;
}

static void nsim_iommu_hw_del(void)
{
	platform_device_unregister(nsim_iommu_hw);
	software_node_unregister(&nsim_iommu_node);
}

static int __init nsim_iommu_init(void)
{
	int err;

	nsim_release_wq = alloc_workqueue("nsim_iommu_release", 0, 0);
	if (!nsim_release_wq)
		return -ENOMEM;

	err = nsim_iommu_hw_add();
	if (err)
		goto err_wq_destroy;

	err = iommu_device_sysfs_add(&nsim_iommu, &nsim_iommu_hw->dev, NULL,
				     "nsim-iommu");
	if (err)
		goto err_hw_del;

	err = iommu_device_register(&nsim_iommu, &nsim_iommu_ops,
				    &nsim_iommu_hw->dev);
	if (err)
		goto err_sysfs_remove;

	nsim_iommu_debugfs_init();

	return 0;

err_sysfs_remove:
	iommu_device_sysfs_remove(&nsim_iommu);
err_hw_del:
	nsim_iommu_hw_del();
err_wq_destroy:
	destroy_workqueue(nsim_release_wq);
	return err;
}
module_init(nsim_iommu_init);

static void __exit nsim_iommu_exit(void)
{
	/* No device is left, but the work that took the last may still run. */
	destroy_workqueue(nsim_release_wq);
	nsim_iommu_debugfs_exit();
	iommu_device_unregister(&nsim_iommu);
	iommu_device_sysfs_remove(&nsim_iommu);
	nsim_iommu_hw_del();
	xa_destroy(&nsim_iommu_devs);
}
module_exit(nsim_iommu_exit);

MODULE_DESCRIPTION("Emulated IOMMU for modelled devices");
MODULE_LICENSE("GPL");
