/* The collectors diskstats, filesystem, mdadm, nvme and textfile, and what they read with. */
#include "base/log.h"
#include "coll_case.h"
#include "failmalloc.h"
#include "host/disk.h"
#include "host/mountinfo.h"
#include "host/udev.h"
#include <sys/statfs.h>
#include <utime.h>

static const char *text(struct coll_case *t)
{
	CHECK_EQ_INT(coll_case_run(t, &xm_sink_prometheus), 0);
	return t->text;
}

static unsigned count(const char *in, const char *what)
{
	unsigned n = 0;

	for (; (in = strstr(in, what)); in++)
		n++;
	return n;
}

#define CHECK_LACKS(got, what) CHECK(!strstr(got, what))

/* host/mountinfo */

static bool is(struct xm_str s, const char *want)
{
	if (xm_str_eq(s, want))
		return true;
	fprintf(stderr, "\"%.*s\" is not \"%s\"\n", (int)s.n, s.p, want);
	return false;
}

static void test_mount_parse(void)
{
	struct xm_mount m;

	REQUIRE(xm_mount_parse(XM_STR_OF("36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 master:2 - "
					 "ext3 /dev/root rw,errors=continue"),
			       &m) == 0);
	CHECK_EQ_INT(m.major, 98);
	CHECK_EQ_INT(m.minor, 0);
	CHECK(is(m.point, "/mnt2") && is(m.options, "rw,noatime") && is(m.type, "ext3") &&
	      is(m.source, "/dev/root") && is(m.super, "rw,errors=continue"));
	/* no optional field, no source, no options of the file system */
	REQUIRE(xm_mount_parse(XM_STR_OF("1 1 0:4294967295 / /a\\040b ro - fuse.x  "), &m) == 0);
	CHECK_EQ_INT(m.minor, UINT32_MAX);
	CHECK(is(m.point, "/a\\040b") && is(m.type, "fuse.x") && is(m.source, "") &&
	      is(m.super, ""));
}

static void test_mount_parse_odd(void)
{
	static const char *const lines[] = {
		"",
		"36",
		"36 35 98:0 /mnt1 /mnt2 rw",
		"36 35 98:0 /mnt1 /mnt2 rw - ext3",
		"36 35 98:0 /mnt1 /mnt2 rw shared:1 ext3 /dev/root rw",
		"36 35 980 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 x:0 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 1:-1 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 1:4294967296 /mnt1 /mnt2 rw - ext3 /dev/root rw",
		"36 35 98:0 /mnt1  rw - ext3 /dev/root rw",
	};
	struct xm_mount m;

	for (unsigned i = 0; i < XM_ARRAY_LEN(lines); i++)
		CHECK_EQ_INT(xm_mount_parse(XM_STR_OF(lines[i]), &m), -EBADMSG);
}

static void test_octal(void)
{
	char buf[16];

	CHECK_EQ_INT(
		xm_octal_decode(XM_STR_OF("/a\\040b\\011\\012\\134\\043\\303"), buf, sizeof buf),
		0);
	CHECK_STR(buf, "/a b\t\n\\#\xc3");
	CHECK_EQ_INT(xm_octal_decode(XM_STR_OF("\\04 \\4 \\ \\08\\"), buf, sizeof buf), 0);
	CHECK_STR(buf, "\\04 \\4 \\ \\08\\");
	CHECK_EQ_INT(xm_octal_decode(XM_STR_OF("\\400"), buf, sizeof buf), 0);
	CHECK_STR(buf, "\\400");
	CHECK_EQ_INT(xm_octal_decode(XM_STR_OF("0123456\\0407"), buf, 9), -ENAMETOOLONG);
	CHECK_EQ_INT(xm_octal_decode(XM_STR_OF("0123456\\040"), buf, 9), 0);
	CHECK_STR(buf, "0123456 ");
}

static void test_options(void)
{
	CHECK(xm_mount_has_option(XM_STR_OF("ro"), "ro"));
	CHECK(xm_mount_has_option(XM_STR_OF("rw,ro"), "ro"));
	CHECK(xm_mount_has_option(XM_STR_OF("ro,rw"), "ro"));
	CHECK(!xm_mount_has_option(XM_STR_OF("rw,errors=remount-ro,roo"), "ro"));
	CHECK(!xm_mount_has_option(XM_STR_OF(""), "ro"));
}

static void test_udev(void)
{
	struct xm_str rest = XM_STR_OF("S:disk/by-id/x\nE:A=1\r\nE:broken\nI:5\nE:B=x=y z\nE:C=");
	struct xm_str name, value;

	CHECK(xm_udev_next(&rest, &name, &value) && is(name, "A") && is(value, "1"));
	CHECK(xm_udev_next(&rest, &name, &value) && is(name, "B") && is(value, "x=y z"));
	CHECK(xm_udev_next(&rest, &name, &value) && is(name, "C") && is(value, ""));
	CHECK(!xm_udev_next(&rest, &name, &value));
}

/* diskstats */

#define SDA_11 "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11"

static void test_disk_columns(void)
{
	COLL_CASE(t, diskstats);

	tree_put(&t.tree, "proc/diskstats", SDA_11 " 12 13 14 15 16 17\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(
		t.text,
		"{\"table\":\"diskstats\",\"device\":\"sda\",\"reads\":1,\"reads_merged\":2,"
		"\"read_bytes\":1536,\"read_time_seconds\":0.004,\"writes\":5,"
		"\"writes_merged\":6,\"written_bytes\":3584,\"write_time_seconds\":0.008,"
		"\"io_now\":9,\"io_time_seconds\":0.01,\"io_weighted_time_seconds\":0.011,"
		"\"discards\":12,\"discards_merged\":13,\"discarded_sectors\":14,"
		"\"discard_time_seconds\":0.015,\"flushes\":16,\"flush_time_seconds\":0.017}\n"
		"{\"table\":\"disk_info\",\"device\":\"sda\",\"major\":8,\"minor\":0,\"path\":\"\","
		"\"wwn\":\"\",\"model\":\"\",\"serial\":\"\",\"revision\":\"\",\"rotational\":0}"
		"\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* A kernel that has fewer columns has fewer metrics, not zeros */
static void test_disk_old_kernels(void)
{
	COLL_CASE(t, diskstats);

	tree_put(&t.tree, "proc/diskstats",
		 SDA_11 "\n   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n");
	CHECK_EQ_INT(count(text(&t), "\nnode_disk_io_time_weighted_seconds_total{"), 2);
	CHECK_CONTAINS(t.text, "node_disk_discards_merged_total{device=\"sdb\"} 13\n");
	CHECK_EQ_INT(count(t.text, "\nnode_disk_discard_time_seconds_total{"), 1);
	CHECK_LACKS(t.text, "node_disk_flush");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_disk_filter(void)
{
	COLL_CASE(t, diskstats);
	static const char *const hidden[] = { "ram0",      "zram1",        "loop7", "fd0",
					      "hda1",      "sda12",        "vda1",  "xvdb2",
					      "nvme0n1p1", "nvme10n12p128" };
	static const char *const shown[] = { "sda",    "dm-0",      "md127", "sr0",  "nvme0n1",
					     "nbd0p1", "mmcblk0p1", "sdaa1", "vdaa", "xsda1" };
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	char want[64];

	for (unsigned i = 0; i < XM_ARRAY_LEN(hidden); i++)
		xm_buf_addf(&b, "7 %u %s 1 2 3 4 5 6 7 8 9 10 11\n", i, hidden[i]);
	for (unsigned i = 0; i < XM_ARRAY_LEN(shown); i++)
		xm_buf_addf(&b, "9 %u %s 1 2 3 4 5 6 7 8 9 10 11\n", i, shown[i]);
	tree_put(&t.tree, "proc/diskstats", b.data);
	CHECK_EQ_INT(count(text(&t), "\nnode_disk_io_now{"), XM_ARRAY_LEN(shown));
	for (unsigned i = 0; i < XM_ARRAY_LEN(shown); i++) {
		snprintf(want, sizeof want, "node_disk_io_now{device=\"%s\"} 9\n", shown[i]);
		CHECK_CONTAINS(t.text, want);
	}
	coll_case_close(&t);
	coll_case_set(&t, "device-exclude", "^sda");
	coll_case_set(&t, "device-include", "^sd");
	CHECK_EQ_INT(count(text(&t), "\nnode_disk_io_now{"), 0);
	coll_case_close(&t);
	coll_case_set(&t, "device-exclude", "");
	CHECK_EQ_INT(count(text(&t), "\nnode_disk_io_now{"), 3); /* sda, sda12, sdaa1 */
}

static void test_disk_bad_filter(void)
{
	COLL_CASE(t, diskstats);

	tree_put(&t.tree, "proc/diskstats", SDA_11 "\n");
	coll_case_set(&t, "device-exclude", "^(sda");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -EINVAL);
	CHECK_CONTAINS(t.run.coll.err.msg,
		       "collector.diskstats.device-exclude: '^(sda' is not a regular expression: ");
}

static void put_udev(struct coll_case *t, const char *serial)
{
	char properties[1024];

	snprintf(properties, sizeof properties,
		 "S:disk/by-id/x\nE:ID_PATH=pci-0000:00:17.0-ata-1\nE:ID_WWN=0x5000\n"
		 "E:ID_MODEL=ST16000\nE:ID_REVISION=SN03\nE:ID_SERIAL=long\n%s"
		 "E:ID_FS_TYPE=ext4\nE:ID_FS_USAGE=filesystem\nE:ID_FS_UUID=u-1\n"
		 "E:ID_FS_VERSION=1.0\nE:DM_NAME=vg0-db\nE:DM_UUID=LVM-1\nE:DM_VG_NAME=vg0\n"
		 "E:DM_LV_NAME=db\nE:DM_LV_LAYER=top\nE:ID_ATA=1\nE:ID_ATA_WRITE_CACHE=1\n"
		 "E:ID_ATA_WRITE_CACHE_ENABLED=0\nE:ID_ATA_ROTATION_RATE_RPM=7200\n",
		 serial);
	tree_put(&t->tree, "udev/b8:0", properties);
}

static void test_disk_udev(void)
{
	COLL_CASE(t, diskstats);

	tree_put(&t.tree, "proc/diskstats", SDA_11 "\n");
	tree_put(&t.tree, "sys/block/sda/queue/rotational", "1\n");
	put_udev(&t, "E:SCSI_IDENT_SERIAL=best\nE:ID_SERIAL_SHORT=short\n");
	CHECK_CONTAINS(
		text(&t),
		"node_disk_info{device=\"sda\",major=\"8\",minor=\"0\",path=\"pci-0000:00:17.0-"
		"ata-1\",wwn=\"0x5000\",model=\"ST16000\",serial=\"best\",revision=\"SN03\","
		"rotational=\"1\"} 1\n");
	CHECK_CONTAINS(t.text, "node_disk_filesystem_info{device=\"sda\",type=\"ext4\",usage="
			       "\"filesystem\",uuid=\"u-1\",version=\"1.0\"} 1\n");
	CHECK_CONTAINS(t.text,
		       "node_disk_device_mapper_info{device=\"sda\",name=\"vg0-db\",uuid=\"LVM-1\","
		       "vg_name=\"vg0\",lv_name=\"db\",lv_layer=\"top\"} 1\n");
	CHECK_CONTAINS(t.text, "node_disk_ata_write_cache{device=\"sda\"} 1\n");
	CHECK_CONTAINS(t.text, "node_disk_ata_write_cache_enabled{device=\"sda\"} 0\n");
	CHECK_CONTAINS(t.text, "node_disk_ata_rotation_rate_rpm{device=\"sda\"} 7200\n");
	coll_case_close(&t);
	put_udev(&t, "E:ID_SERIAL_SHORT=short\n");
	CHECK_CONTAINS(text(&t), "serial=\"short\"");
	coll_case_close(&t);
	put_udev(&t, "");
	CHECK_CONTAINS(text(&t), "serial=\"long\"");
}

static void test_disk_name_with_slash(void)
{
	struct xm_buf scratch = XM_BUF_INIT;
	struct xm_disk disk;
	struct tree t;

	tree_open(&t);
	tree_put(&t, "sys/block/cciss!c0d0/queue/rotational", "1\n");
	xm_disk_read(&t.host, "cciss/c0d0", 104, 0, &scratch, &disk);
	CHECK(disk.rotational);
	CHECK_STR(disk.model, "");
	xm_buf_done(&scratch);
	tree_close(&t);
}

/* Disks come, go and change places; what udev knows follows them */
static void test_disk_hotplug(void)
{
	COLL_CASE(t, diskstats);

	tree_put(&t.tree, "udev/b8:0", "E:ID_MODEL=old\n");
	tree_put(&t.tree, "udev/b8:16", "E:ID_MODEL=second\n");
	tree_put(&t.tree, "proc/diskstats", SDA_11 "\n8 16 sdb 21 2 3 4 5 6 7 8 9 10 11\n");
	CHECK_CONTAINS(text(&t), "device=\"sda\",major=\"8\",minor=\"0\",model=\"old\"");
	CHECK_CONTAINS(t.text, "device=\"sdb\",major=\"8\",minor=\"16\",model=\"second\"");
	/* not read again while nothing changes */
	tree_put(&t.tree, "udev/b8:0", "E:ID_MODEL=new\n");
	CHECK_CONTAINS(text(&t), "model=\"old\"");
	tree_put(&t.tree, "proc/diskstats", "8 16 sdb 22 2 3 4 5 6 7 8 9 10 11\n");
	CHECK_EQ_INT(count(text(&t), "\nnode_disk_info{"), 1);
	CHECK_CONTAINS(t.text, "device=\"sdb\",major=\"8\",minor=\"16\",model=\"second\"");
	CHECK_CONTAINS(t.text, "node_disk_reads_completed_total{device=\"sdb\"} 22\n");
	tree_put(&t.tree, "proc/diskstats", "8 16 sdb 23 2 3 4 5 6 7 8 9 10 11\n" SDA_11 "\n");
	CHECK_CONTAINS(text(&t), "device=\"sda\",major=\"8\",minor=\"0\",model=\"new\"");
	CHECK_CONTAINS(t.text, "device=\"sdb\",major=\"8\",minor=\"16\",model=\"second\"");
	/* another disk under the same name */
	tree_put(&t.tree, "proc/diskstats", "8 16 sda 1 2 3 4 5 6 7 8 9 10 11\n");
	CHECK_CONTAINS(text(&t), "device=\"sda\",major=\"8\",minor=\"16\",model=\"second\"");
}

static void test_disk_odd(void)
{
	COLL_CASE(t, diskstats);

	tree_put(&t.tree, "proc/diskstats",
		 "nonsense\n\n8 0\n8 x sdx 1 2 3 4 5 6 7 8 9 10 11\n"
		 "8 1 sdy 1 2 3 4 5 6 7 8 9 10\n"                       /* cut short */
		 "8 2 sdz 18446744073709551616 2 3 4 5 6 7 8 9 10 11\n" /* too big */
		 "8 3 sdn -1 2 3 4 5 6 7 8 9 10 11\n"
		 "8 4 sdm 18446744073709551615 0 0 0 0 0 0 0 0 0 0\r\n"      /* good */
		 "8 5 sdp 1 2 3 4 5 6 7 8 9 10 11 12 x 14 15\n"              /* good in part */
		 "8 6 sdq 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n" /* good, newer */
		 "8 7 sdl 1 2 3 4 5 6 7 8 9 10 11");
	CHECK_EQ_INT(count(text(&t), "\nnode_disk_io_now{"), 4);
	CHECK_CONTAINS(t.text,
		       "node_disk_reads_completed_total{device=\"sdm\"} 1.8446744073709552e+19\n");
	CHECK_CONTAINS(t.text, "node_disk_discards_completed_total{device=\"sdp\"} 12\n");
	CHECK_LACKS(t.text, "node_disk_discards_merged_total{device=\"sdp\"}");
	CHECK_CONTAINS(t.text, "node_disk_flush_requests_total{device=\"sdq\"} 16\n");
	CHECK_CONTAINS(t.text, "node_disk_io_now{device=\"sdl\"} 9\n");
	CHECK_EQ_INT(t.run.coll.bad, 8);
}

static void test_disk_none(void)
{
	COLL_CASE(t, diskstats);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
	tree_put(&t.tree, "proc/diskstats", "");
	CHECK_STR(text(&t), "");
}

/* filesystem */

static void test_fs_below_root(void)
{
	COLL_CASE(t, filesystem);

	tree_put(&t.tree, "root/srv/a b/", "");
	tree_put(&t.tree, "proc/1/mountinfo",
		 "27 1 253:1 / / rw - ext4 /dev/root rw\n"
		 "28 27 8:1 / /srv/a\\040b rw,nosuid - xfs /dev/ab ro,attr2\n"
		 "29 27 8:2 / /srv/gone ro - ext4 /dev/sdq1 rw\n"
		 "30 27 8:2 / /srv/gone ro - ext4 /dev/sdq1 rw\n" /* once */
		 "31 27 0:5 / /proc rw - proc proc rw\n"
		 "32 27 0:9 / /var/lib/docker/overlay2/x/merged rw - tmpfs t rw\n"
		 "33 27 8:3 / /srv rw - ext4 /dev/emergency rw,emergency_ro\n");
	CHECK_EQ_INT(count(text(&t), "\nnode_filesystem_device_error{"), 4);
	CHECK_CONTAINS(t.text, "node_filesystem_device_error{device=\"/dev/root\",mountpoint=\"/\","
			       "fstype=\"ext4\"} 0\n");
	CHECK_CONTAINS(t.text,
		       "node_filesystem_size_bytes{device=\"/dev/ab\",mountpoint=\"/srv/a b\","
		       "fstype=\"xfs\"} ");
	CHECK_CONTAINS(t.text,
		       "node_filesystem_readonly{device=\"/dev/ab\",mountpoint=\"/srv/a b\","
		       "fstype=\"xfs\"} 1\n");
	CHECK_CONTAINS(t.text, "node_filesystem_readonly{device=\"/dev/emergency\",mountpoint="
			       "\"/srv\",fstype=\"ext4\"} 1\n");
	CHECK_CONTAINS(t.text,
		       "node_filesystem_mount_info{device=\"/dev/ab\",major=\"8\",minor=\"1\","
		       "mountpoint=\"/srv/a b\"} 1\n");
	/* there is no such directory */
#define GONE                                                                                       \
	"device=\"/dev/sdq1\",mountpoint=\"/srv/gone\",fstype=\"ext4\",device_error=\"no such "    \
	"file or directory\"}"
	CHECK_CONTAINS(t.text, "node_filesystem_device_error{" GONE " 1\n");
	CHECK_CONTAINS(t.text, "node_filesystem_readonly{" GONE " 1\n");
	CHECK_EQ_INT(count(t.text, "/srv/gone"), 2);
	CHECK_CONTAINS(t.text, "xmon_filesystem_stuck_calls 0\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
	/* it appears, without any change of the mounts */
	tree_put(&t.tree, "root/srv/gone/", "");
	CHECK_CONTAINS(text(&t), "node_filesystem_device_error{device=\"/dev/sdq1\",mountpoint="
				 "\"/srv/gone\",fstype=\"ext4\"} 0\n");
	/* and is unmounted */
	tree_put(&t.tree, "proc/1/mountinfo", "27 1 253:1 / / rw - ext4 /dev/root rw\n");
	CHECK_EQ_INT(count(text(&t), "\nnode_filesystem_device_error{"), 1);
}

/* The figures are statfs's */
static void test_fs_figures(void)
{
	COLL_CASE(t, filesystem);
	char want[200], path[128];
	struct statfs fs;

	tree_put(&t.tree, "proc/1/mountinfo", "27 1 253:1 / / rw - ext4 /dev/root rw\n");
	text(&t);
	snprintf(path, sizeof path, "%s/root/", t.tree.path);
	REQUIRE(statfs(path, &fs) == 0);
	snprintf(want, sizeof want,
		 "node_filesystem_files{device=\"/dev/root\",mountpoint=\"/\",fstype=\"ext4\"} "
		 "%llu\n",
		 (unsigned long long)fs.f_files);
	CHECK_CONTAINS(t.text, want);
	snprintf(
		want, sizeof want,
		"node_filesystem_size_bytes{device=\"/dev/root\",mountpoint=\"/\",fstype=\"ext4\"} "
		"%llu\n",
		(unsigned long long)fs.f_blocks * (unsigned long long)fs.f_bsize);
	CHECK_CONTAINS(t.text, want);
}

/* In a container that has the machine's root at some directory, that is no part of mount points */
static void test_fs_strips_root(void)
{
	COLL_CASE(t, filesystem);
	char mounts[512];

	tree_put(&t.tree, "root/home/", "");
	snprintf(mounts, sizeof mounts,
		 "1 1 8:1 / %s/root rw - ext4 /dev/a rw\n2 1 8:2 / %s/root/home rw - ext4 /dev/b "
		 "rw\n"
		 "3 1 8:3 / %s/rootless rw - ext4 /dev/c rw\n",
		 t.tree.path, t.tree.path, t.tree.path);
	tree_put(&t.tree, "proc/self/mountinfo", mounts); /* no proc/1 here */
	CHECK_CONTAINS(text(&t),
		       "device_error{device=\"/dev/a\",mountpoint=\"/\",fstype=\"ext4\"} 0");
	CHECK_CONTAINS(t.text,
		       "device_error{device=\"/dev/b\",mountpoint=\"/home\",fstype=\"ext4\"} 0");
	CHECK_CONTAINS(t.text, "rootless\",fstype=\"ext4\",device_error=\"no such");
}

static void test_fs_odd(void)
{
	COLL_CASE(t, filesystem);
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;

	xm_buf_adds(&b,
		    "\nthis is no mount\n27 1 253:1 / / rw - ext4 /dev/root rw\r\n28 27 0:1 / /");
	for (unsigned i = 0; i < 1100; i++)
		xm_buf_addc(&b, 'x');
	xm_buf_adds(&b, " rw - ext4 /dev/long rw\n29 27 0:1 / /a rw - ext4 /dev/cut");
	tree_put(&t.tree, "proc/1/mountinfo", b.data);
	CHECK_EQ_INT(count(text(&t), "\nnode_filesystem_device_error{"), 1);
	CHECK_EQ_INT(t.run.coll.bad, 4);
	text(&t);
	CHECK_EQ_INT(t.run.coll.bad, 4); /* the same lines are not counted again */
}

/* Another machine's /proc and no rootfs: there is nothing to ask about its mounts */
static void test_fs_without_root(void)
{
	struct xm_host_paths paths = {};
	char proc[128];
	struct xm_host host;
	struct xm_err err = {};
	COLL_CASE(t, filesystem);

	tree_put(&t.tree, "proc/1/mountinfo", "27 1 253:1 / / ro - ext4 /dev/root rw\n");
	snprintf(proc, sizeof proc, "%s/proc", t.tree.path);
	paths.dir[XM_PROC] = proc;
	REQUIRE(xm_host_open(&host, &paths, &err) == 0);
	t.host = &host; /* closed by coll_case_end */
	CHECK_CONTAINS(text(&t), "node_filesystem_readonly{device=\"/dev/root\",mountpoint=\"/\","
				 "fstype=\"ext4\"} 1\n");
	CHECK_CONTAINS(t.text, "node_filesystem_mount_info{");
	CHECK_LACKS(t.text, "size_bytes");
	CHECK_LACKS(t.text, "device_error");
}

static void test_fs_none(void)
{
	COLL_CASE(t, filesystem);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
}

/* mdadm */

#define MD(device, device_line, status, more)                                                      \
	"Personalities : [raid1] [raid6] [raid5] [raid4] [raid0]\n" device " : " device_line       \
	"\n      " status "\n" more "\nunused devices: <none>\n"

static const char *const md_states[] = { "active", "inactive", "recovering", "resync", "check" };

/* One array: its state (NULL: none of them), disks and blocks */
static void check_md(const char *mdstat, const char *state, unsigned active, unsigned failed,
		     unsigned spare, unsigned required, unsigned down, uint64_t blocks,
		     uint64_t synced)
{
	COLL_CASE(t, mdadm);
	_cleanup_buf_ struct xm_buf want = XM_BUF_INIT;

	xm_buf_addf(&want, "{\"table\":\"mdadm\",\"device\":\"md1\"");
	for (unsigned i = 0; i < XM_ARRAY_LEN(md_states); i++)
		xm_buf_addf(&want, ",\"%s\":%d", md_states[i],
			    state && !strcmp(state, md_states[i]));
	xm_buf_addf(&want,
		    ",\"reshaping\":%d,\"disks_active\":%u,\"disks_failed\":%u,"
		    "\"disks_spare\":%u,\"disks_down\":%u,\"disks_required\":%u,"
		    "\"blocks\":%llu,\"blocks_synced\":%llu}\n",
		    strstr(mdstat, "reshape") != NULL, active, failed, spare, down, required,
		    (unsigned long long)blocks, (unsigned long long)synced);
	tree_put(&t.tree, "proc/mdstat", mdstat);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, want.data);
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_md_states(void)
{
	check_md(MD("md1", "active raid1 sdb1[1] sda1[0]", "1046528 blocks super 1.2 [2/2] [UU]",
		    ""),
		 "active", 2, 0, 0, 2, 0, 1046528, 1046528);
	check_md(MD("md1", "active raid5 sde[4] sdf[5](F) sdg[3](S)",
		    "300 blocks super 1.2 level 5, 512k chunk, algorithm 2 [4/3] [_UUU]",
		    "      [=>....]  recovery =  8.5% (111/100) finish=132.4min speed=149881K/sec\n"
		    "      bitmap: 3/10 pages [12KB], 65536KB chunk\n"),
		 "recovering", 3, 1, 1, 4, 1, 300, 111);
	check_md(MD("md1", "active raid6 sdh[0] sdi[1]", "100 blocks [2/2] [UU]",
		    "      bitmap: 0/30 pages [0KB], 65536KB chunk\n"
		    "      [==>...]  check = 12.6% (49/100) finish=3.3min speed=170K/sec\n"),
		 "check", 2, 0, 0, 2, 0, 100, 49);
	check_md(MD("md1", "active raid1 sdh[0] sdi[1]", "100 blocks [2/2] [UU]",
		    "      [>....]  resync =  3.1% (60/100) finish=1min speed=1K/sec\n"),
		 "resync", 2, 0, 0, 2, 0, 100, 60);
	check_md(MD("md1", "active raid1 sdp[0] sdq[1]", "976 blocks super 1.2 [2/2] [UU]",
		    "        resync=DELAYED\n"),
		 "resync", 2, 0, 0, 2, 0, 976, 0);
	check_md(MD("md1", "active (auto-read-only) raid1 sdr[0] sds[1]", "976 blocks [2/2] [UU]",
		    "\tresync=PENDING\n"),
		 "resync", 2, 0, 0, 2, 0, 976, 0);
	check_md(MD("md1", "active raid1 sdr[0] sds[1]", "976 blocks [2/2] [UU]",
		    "\tresync=REMOTE\n"),
		 "resync", 2, 0, 0, 2, 0, 976, 0);
	check_md(MD("md1", "active raid5 sda[0] sdb[1]", "29 blocks level 5 [4/4] [UUUU]",
		    "      [====>]  reshape = 20.5% (20/97) finish=1.2min speed=127811K/sec\n"),
		 NULL, 4, 0, 0, 4, 0, 29, 20);
	check_md(MD("md1", "active raid5 sda[0] sdb[1]", "29 blocks level 5 [4/4] [UUUU]",
		    "        reshape=DELAYED\n"),
		 NULL, 4, 0, 0, 4, 0, 29, 0);
	check_md(MD("md1", "active raid0 sdt[0] sdu[1] sdv[2]", "290 blocks super 1.2 512k chunks",
		    ""),
		 "active", 3, 0, 0, 3, 0, 290, 290);
	check_md(MD("md1", "active (read-only) linear sdt[0] sdu[1]", "290 blocks 0k rounding", ""),
		 "active", 2, 0, 0, 2, 0, 290, 290);
	check_md(MD("md1", "inactive sdw[0](S) sdx[1](S)", "195 blocks super 1.2", ""), "inactive",
		 0, 0, 2, 0, 0, 195, 195);
	check_md(MD("md1", "broken raid1 sdf1[0](F)", "300 blocks [2/0] [__]", ""), NULL, 0, 1, 0,
		 2, 2, 300, 300);
	check_md(MD("md1", "active raid1 sda1[0]", "9007199254740992 blocks [2/1] [U_]", ""),
		 "active", 1, 0, 0, 2, 1, 1ULL << 53, 1ULL << 53);
}

static void test_md_metrics(void)
{
	COLL_CASE(t, mdadm);

	tree_put(&t.tree, "proc/mdstat",
		 MD("md1", "active raid5 sde[4] sdf[5](F) sdg[3](S)", "300 blocks [4/3] [_UUU]",
		    ""));
	tree_put(&t.tree, "sys/block/md1/md/raid_disks", "4\n");
	tree_put(&t.tree, "sys/block/md1/md/degraded", "1\n");
	tree_put(&t.tree, "sys/block/md2/md/raid_disks", "5 (4)\n"); /* grows from 4 to 5 */
	tree_put(&t.tree, "sys/block/md3/md/raid_disks", "many\n");
	tree_put(&t.tree, "sys/block/sda/md/raid_disks", "1\n");
	tree_put(&t.tree, "sys/block/md4/size", "1\n");
	CHECK_STR(text(&t),
		  "# HELP node_md_blocks Total number of blocks on device.\n"
		  "# TYPE node_md_blocks gauge\n"
		  "node_md_blocks{device=\"md1\"} 300\n"
		  "# HELP node_md_blocks_synced Number of blocks synced on device.\n"
		  "# TYPE node_md_blocks_synced gauge\n"
		  "node_md_blocks_synced{device=\"md1\"} 300\n"
		  "# HELP node_md_degraded Number of degraded disks on device.\n"
		  "# TYPE node_md_degraded gauge\n"
		  "node_md_degraded{device=\"md1\"} 1\n"
		  "node_md_degraded{device=\"md2\"} 0\n"
		  "# HELP node_md_disks Number of active/failed/spare disks of device.\n"
		  "# TYPE node_md_disks gauge\n"
		  "node_md_disks{device=\"md1\",state=\"active\"} 3\n"
		  "node_md_disks{device=\"md1\",state=\"failed\"} 1\n"
		  "node_md_disks{device=\"md1\",state=\"spare\"} 1\n"
		  "# HELP node_md_disks_required Total number of disks of device.\n"
		  "# TYPE node_md_disks_required gauge\n"
		  "node_md_disks_required{device=\"md1\"} 4\n"
		  "# HELP node_md_raid_disks Number of raid disks on device.\n"
		  "# TYPE node_md_raid_disks gauge\n"
		  "node_md_raid_disks{device=\"md1\"} 4\n"
		  "node_md_raid_disks{device=\"md2\"} 5\n"
		  "# HELP node_md_state Indicates the state of md-device.\n"
		  "# TYPE node_md_state gauge\n"
		  "node_md_state{device=\"md1\",state=\"active\"} 1\n"
		  "node_md_state{device=\"md1\",state=\"inactive\"} 0\n"
		  "node_md_state{device=\"md1\",state=\"recovering\"} 0\n"
		  "node_md_state{device=\"md1\",state=\"resync\"} 0\n"
		  "node_md_state{device=\"md1\",state=\"check\"} 0\n"
		  "# HELP xmon_md_disks_down Places of the array without a working disk.\n"
		  "# TYPE xmon_md_disks_down gauge\n"
		  "xmon_md_disks_down{device=\"md1\"} 1\n"
		  "# HELP xmon_md_reshaping 1 while the array changes its shape.\n"
		  "# TYPE xmon_md_reshaping gauge\n"
		  "xmon_md_reshaping{device=\"md1\"} 0\n");
	CHECK_EQ_INT(t.run.coll.bad, 1); /* md3 */
}

/* An odd array costs itself */
static void test_md_odd(void)
{
	COLL_CASE(t, mdadm);

	tree_put(&t.tree, "proc/mdstat",
		 "Personalities : [raid1]\n"
		 "md0 : active raid1 sda1[0]\n      lots of blocks\n\n"
		 "md1 :\n"
		 "md2 : active raid1 sdb1[0]\n      100 blocks super 1.2\n"
		 "md3 : active raid1 sdc1[0]\n      100 blocks [2/1] [U_]\n"
		 "      [>] recovery = none\n\n"
		 "a_name_of_an_array_that_is_too_long : active raid1 sdc1[0]\n"
		 "      100 blocks [2/1] [U_]\n"
		 "md4 : active raid1 sdd1[0]\r\n      400 blocks [1/1] [U]\r\n\r\n"
		 "md5 : active raid1 sde1[0]\n");
	CHECK_EQ_INT(count(text(&t), "\nnode_md_blocks{"), 1);
	CHECK_CONTAINS(t.text, "node_md_blocks{device=\"md4\"} 400\n");
	CHECK_EQ_INT(t.run.coll.bad, 6);
}

static void test_md_none(void)
{
	COLL_CASE(t, mdadm);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
	tree_put(&t.tree, "proc/mdstat", "Personalities :\nunused devices: <none>\n");
	CHECK_STR(text(&t), "");
	tree_remove(&t.tree, "proc/mdstat");
	coll_case_close(&t);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
}

/* nvme */

static void test_nvme(void)
{
	COLL_CASE(t, nvme);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
	tree_put(&t.tree, "sys/class/nvme/nvme0/model",
		 "Samsung SSD 970 PRO 512GB               \n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/serial", "S680HF8N190894I     \n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/firmware_rev", "1B2QEXP7\n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/state", "live\n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/cntlid", "1997\n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/nvme0n1/size", "9\n"); /* not a path of several */
	tree_put(&t.tree, "sys/class/nvme/nvme0/nvme0c0n12/size", "1000\n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/nvme0c0n12/nuse", "500\n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/nvme0c0n12/ana_state", "optimized\n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/nvme0c0n12/queue/logical_block_size", "4096\n");
	tree_put(&t.tree, "sys/class/nvme/nvme0/nvme0c0n13/size", "1000\n"); /* no nuse */
	tree_put(&t.tree, "sys/class/nvme/nvme0/nvme0c0nx/size", "1000\n");
	tree_put(&t.tree, "sys/class/nvme/nvme1/state", "dead\n");
#define NS "device=\"nvme0\",nsid=\"12\""
	CHECK_CONTAINS(text(&t),
		       "node_nvme_info{device=\"nvme0\",firmware_revision=\"1B2QEXP7\",model="
		       "\"Samsung SSD 970 PRO 512GB\",serial=\"S680HF8N190894I\",state="
		       "\"live\",cntlid=\"1997\"} 1\n");
	CHECK_CONTAINS(t.text, "node_nvme_info{device=\"nvme1\",state=\"dead\"} 1\n");
	CHECK_EQ_INT(count(t.text, "\nnode_nvme_namespace_info{"), 2);
	CHECK_CONTAINS(t.text, "node_nvme_namespace_info{" NS ",ana_state=\"optimized\"} 1\n");
	CHECK_CONTAINS(t.text, "nsid=\"13\",ana_state=\"unknown\"} 1\n");
	CHECK_EQ_INT(count(t.text, "\nnode_nvme_namespace_capacity_bytes{"), 1);
	CHECK_CONTAINS(t.text, "node_nvme_namespace_capacity_bytes{" NS "} 4096000\n");
	CHECK_CONTAINS(t.text, "node_nvme_namespace_size_bytes{" NS "} 4096000\n");
	CHECK_CONTAINS(t.text, "node_nvme_namespace_used_bytes{" NS "} 2048000\n");
	CHECK_CONTAINS(t.text, "node_nvme_namespace_logical_block_size_bytes{" NS "} 4096\n");
	CHECK_EQ_INT(t.run.coll.bad, 1);
}

/* textfile */

#define OLD 1700000000 /* a time long past: such a file is not read again for being young */

static void put_prom(struct coll_case *t, const char *name, const char *metrics, time_t mtime)
{
	char path[128];

	tree_put(&t->tree, name, metrics);
	snprintf(path, sizeof path, "%s/%s", t->tree.path, name);
	tree_need(utime(path, &(struct utimbuf){ mtime, mtime }) == 0, path);
}

/* directories below the test's own: "a,b" */
static void set_directories(struct coll_case *t, const char *names)
{
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	struct xm_str rest = XM_STR_OF(names), name;
	bool more = true;

	while (more) {
		more = xm_str_cut(&rest, ',', &name);
		if (!more)
			name = rest;
		xm_buf_addf(&b, "%s%s/%.*s", b.len ? ", " : "", t->tree.path, (int)name.n, name.p);
	}
	coll_case_set(t, "directory", b.data);
}

/* The text with the test's own directory as "@" */
static const char *prom_text(struct coll_case *t)
{
	static struct xm_buf b = { .data = xm_buf_empty };
	const char *p = text(t), *at;

	xm_buf_reset(&b);
	while ((at = strstr(p, t->tree.path))) {
		xm_buf_add(&b, p, (size_t)(at - p));
		xm_buf_addc(&b, '@');
		p = at + strlen(t->tree.path);
	}
	xm_buf_adds(&b, p);
	return b.data;
}

static void test_text_files(void)
{
	COLL_CASE(t, textfile);

	set_directories(&t, "d");
	put_prom(&t, "d/b.prom", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 2\nh_count 1\n",
		 OLD);
	put_prom(&t, "d/a.prom", "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"y\"} 1\n",
		 OLD + 1);
	put_prom(&t, "d/a.prom.tmp", "not yet\n", OLD);
	CHECK_STR(prom_text(&t),
		  "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"y\"} 1\n"
		  "# HELP h Metric read from @/d/b.prom\n# TYPE h histogram\n"
		  "h_bucket{le=\"1\"} 1\nh_sum 2\nh_count 1\n"
		  "# HELP node_textfile_mtime_seconds Unixtime mtime of textfiles successfully "
		  "read.\n"
		  "# TYPE node_textfile_mtime_seconds gauge\n"
		  "node_textfile_mtime_seconds{file=\"@/d/a.prom\"} 1700000001\n"
		  "node_textfile_mtime_seconds{file=\"@/d/b.prom\"} 1700000000\n"
		  "# HELP node_textfile_scrape_error 1 if there was an error opening or reading a "
		  "file, 0 otherwise\n# TYPE node_textfile_scrape_error gauge\n"
		  "node_textfile_scrape_error 0\n"
		  "# HELP xmon_textfile_broken 1 if the file could not be used.\n"
		  "# TYPE xmon_textfile_broken gauge\n"
		  "xmon_textfile_broken{file=\"@/d/a.prom\"} 0\n"
		  "xmon_textfile_broken{file=\"@/d/b.prom\"} 0\n"
		  "# HELP xmon_textfile_samples Samples read from the file.\n"
		  "# TYPE xmon_textfile_samples gauge\n"
		  "xmon_textfile_samples{file=\"@/d/a.prom\"} 1\n"
		  "xmon_textfile_samples{file=\"@/d/b.prom\"} 3\n");
}

static void test_text_no_directory(void)
{
	COLL_CASE(t, textfile);

	CHECK_CONTAINS(text(&t), "node_textfile_scrape_error 0\n");
	coll_case_close(&t);
	set_directories(&t, "none");
	CHECK_CONTAINS(prom_text(&t), "node_textfile_scrape_error 1\n");
	CHECK_CONTAINS(prom_text(&t), "xmon_textfile_broken{file=\"@/none\"} 1\n");
	tree_put(&t.tree, "none/", "");
	CHECK_CONTAINS(text(&t), "node_textfile_scrape_error 0\n");
	CHECK_LACKS(t.text, "xmon_textfile_broken");
}

/* A bad file is dropped whole, with a reason, and no other suffers */
static void test_text_bad_files(void)
{
	static const struct {
		const char *name, *metrics, *why;
	} bad[] = {
		{ "d/b.prom", "good_before 1\nbad{ 2\n", "line 2: not a label name" },
		{ "d/c.prom", "stamped 1 1700000000000\n", "timestamps" },
		{ "d/d.prom", "cut_short 12", "the last line has no end" },
		{ "d/e.prom", "x{a=\"\xff\"} 1\n", "not UTF-8" },
	};
	COLL_CASE(t, textfile);

	set_directories(&t, "d");
	for (unsigned i = 0; i < XM_ARRAY_LEN(bad); i++)
		put_prom(&t, bad[i].name, bad[i].metrics, OLD);
	tree_put(&t.tree, "d/f.prom/", "");
	tree_link(&t.tree, "d/g.prom", "nowhere");
	put_prom(&t, "d/a.prom", "first 1\n", OLD);
	put_prom(&t, "d/z.prom", "last 2\n", OLD);
	CHECK_CONTAINS(text(&t), "\nfirst 1\n");
	CHECK_CONTAINS(t.text, "\nlast 2\n");
	CHECK_LACKS(t.text, "\ngood_before");
	CHECK_LACKS(t.text, "\nstamped");
	CHECK_LACKS(t.text, "\ncut_short");
	CHECK_EQ_INT(count(t.text, "\nnode_textfile_mtime_seconds{"), 2);
	CHECK_EQ_INT(count(t.text, "prom\"} 1\n"), 6 + 2); /* 6 broken, 2 with one sample */
	CHECK_CONTAINS(t.text, "node_textfile_scrape_error 1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	for (unsigned i = 0; i < XM_ARRAY_LEN(bad); i++)
		CHECK_CONTAINS(t.text, bad[i].why);
	CHECK_CONTAINS(t.text, "not a regular file");
	CHECK_CONTAINS(t.text, "No such file or directory");
}

/* A file is read again when it changed, and only then */
static void test_text_changes(void)
{
	COLL_CASE(t, textfile);

	set_directories(&t, "d");
	put_prom(&t, "d/a.prom", "a 1\n", OLD);
	put_prom(&t, "d/b.prom", "b 1\n", OLD);
	CHECK_CONTAINS(text(&t), "\na 1\n");
	/* same inode, size and mtime: it does not look changed */
	put_prom(&t, "d/a.prom", "a 2\n", OLD);
	CHECK_CONTAINS(text(&t), "\na 1\n");
	put_prom(&t, "d/a.prom", "a 3\n", OLD + 1); /* mtime */
	CHECK_CONTAINS(text(&t), "\na 3\n");
	put_prom(&t, "d/a.prom", "a 44\n", OLD + 1); /* size */
	CHECK_CONTAINS(text(&t), "\na 44\n");
	put_prom(&t, "d/c", "a 55\n", OLD + 1); /* inode */
	{
		char from[128], to[128];

		snprintf(from, sizeof from, "%s/d/c", t.tree.path);
		snprintf(to, sizeof to, "%s/d/a.prom", t.tree.path);
		CHECK_EQ_INT(rename(from, to), 0);
	}
	CHECK_CONTAINS(text(&t), "\na 55\n");
	CHECK_CONTAINS(t.text, "\nb 1\n");
	/* written a moment ago: read at each turn, whatever its mtime says */
	tree_put(&t.tree, "d/a.prom", "a 6\n");
	CHECK_CONTAINS(text(&t), "\na 6\n");
	tree_put(&t.tree, "d/a.prom", "a 7\n");
	CHECK_CONTAINS(text(&t), "\na 7\n");
	/* broken, repaired, gone */
	put_prom(&t, "d/a.prom", "a x\n", OLD + 2);
	CHECK_LACKS(text(&t), "\na ");
	CHECK_CONTAINS(t.text, "node_textfile_scrape_error 1\n");
	put_prom(&t, "d/a.prom", "a 8\n", OLD + 3);
	CHECK_CONTAINS(text(&t), "\na 8\n");
	CHECK_CONTAINS(t.text, "node_textfile_scrape_error 0\n");
	tree_remove(&t.tree, "d/a.prom");
	CHECK_LACKS(text(&t), "\na ");
	CHECK_LACKS(t.text, "a.prom");
	CHECK_CONTAINS(t.text, "\nb 1\n");
}

static void test_text_several_directories(void)
{
	COLL_CASE(t, textfile);

	set_directories(&t, "one,glob*/x,none*,two/");
	put_prom(&t, "two/a.prom", "two 1\n", OLD);
	put_prom(&t, "one/a.prom", "one 1\n", OLD);
	put_prom(&t, "glob1/x/a.prom", "globbed{n=\"1\"} 1\n", OLD);
	put_prom(&t, "glob2/x/a.prom", "globbed{n=\"2\"} 1\n", OLD);
	CHECK_CONTAINS(prom_text(&t), "\none 1\n");
	CHECK_CONTAINS(prom_text(&t), "\ntwo 1\n");
	CHECK_CONTAINS(prom_text(&t), "# HELP globbed Metric read from @/glob1/x/a.prom, "
				      "@/glob2/x/a.prom\n# TYPE globbed untyped\n"
				      "globbed{n=\"1\"} 1\nglobbed{n=\"2\"} 1\n");
	CHECK_CONTAINS(prom_text(&t), "node_textfile_mtime_seconds{file=\"@/two/a.prom\"}");
	CHECK_CONTAINS(prom_text(&t), "xmon_textfile_broken{file=\"@/none*\"} 1\n");
}

static void test_text_conflicts(void)
{
	COLL_CASE(t, textfile);

	set_directories(&t, "d");
	put_prom(&t, "d/a.prom", "# HELP m One.\n# TYPE m counter\nm 1\nok 1\n", OLD);
	put_prom(&t, "d/b.prom", "# HELP m Other.\n# TYPE m counter\nm{f=\"b\"} 2\nb 2\n", OLD);
	put_prom(&t, "d/c.prom", "# TYPE m gauge\nm{f=\"c\"} 3\nc 3\n", OLD);
	put_prom(&t, "d/d.prom", "# TYPE m counter\nm{f=\"d\"} 4\nm 5\n", OLD);
	CHECK_CONTAINS(text(&t), "# HELP m One.\n# TYPE m counter\nm 1\nm{f=\"d\"} 4\n");
	CHECK_LACKS(t.text, "\nm{f=\"b\"}");
	CHECK_LACKS(t.text, "\nm{f=\"c\"}");
	CHECK_LACKS(t.text, "\nm 5");
	CHECK_CONTAINS(t.text, "\nb 2\n");
	CHECK_CONTAINS(t.text, "\nc 3\n");
	CHECK_CONTAINS(t.text, "node_textfile_scrape_error 1\n");
	tree_remove(&t.tree, "d/b.prom");
	tree_remove(&t.tree, "d/c.prom");
	CHECK_CONTAINS(text(&t), "node_textfile_scrape_error 0\n");
}

static void test_text_caps(void)
{
	COLL_CASE(t, textfile);
	_cleanup_buf_ struct xm_buf b = XM_BUF_INIT;
	char name[32];

	set_directories(&t, "d");
	coll_case_set(&t, "max-samples", "3");
	put_prom(&t, "d/a.prom", "a 1\n", OLD);
	put_prom(&t, "d/b.prom", "b 1\nc 1\nd 1\n", OLD);      /* too many with the first */
	put_prom(&t, "d/c.prom", "e 1\nf 1\ng 1\nh 1\n", OLD); /* by itself */
	put_prom(&t, "d/d.prom", "i 1\nj 1\n", OLD);
	CHECK_CONTAINS(text(&t), "\ni 1\n");
	CHECK_LACKS(t.text, "\nb 1\n");
	CHECK_LACKS(t.text, "\ne 1\n");
	CHECK_EQ_INT(count(t.text, "\nnode_textfile_mtime_seconds{"), 2);
	CHECK_CONTAINS(t.text, "node_textfile_scrape_error 1\n");
	/* room again for the second, none for the fourth */
	tree_remove(&t.tree, "d/a.prom");
	CHECK_CONTAINS(text(&t), "\nb 1\n");
	CHECK_LACKS(t.text, "\ni 1\n");
	coll_case_close(&t);

	coll_case_set(&t, "max-samples", "10000");
	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "d/x%03u.prom", i);
		put_prom(&t, name, "", OLD);
	}
	CHECK_EQ_INT(count(text(&t), "\nxmon_textfile_samples{"), 256);
	CHECK_EQ_INT(t.run.coll.bad, 47); /* b, c, d and 300, less 256 */
	coll_case_close(&t);
	tree_remove(&t.tree, "d");

	while (b.len < XM_FILE_MAX + 10)
		xm_buf_adds(&b,
			    "# a long comment, so that a file becomes too long to be read in\n");
	put_prom(&t, "d/a.prom", b.data, OLD);
	CHECK_CONTAINS(text(&t), "node_textfile_scrape_error 1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_CONTAINS(t.text, "larger than 4 MiB");
}

/* Whatever is cut off their files: no crash, no error of the whole but "not in the expected form"
 */
static void test_truncated(void)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{ "proc/diskstats", "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 16 sdb 1 2 3\n" },
		{ "proc/1/mountinfo", "27 1 8:1 / /a\\040b rw shared:1 - ext4 /dev/a\\040 rw,x\n" },
		{ "proc/mdstat", MD("md1", "active raid1 sda[0](F)", "9 blocks [2/1] [_U]",
				    "  [>] check = 1% (1/9) finish=1\n") },
		{ "udev/b8:0", "E:ID_MODEL=x\nE:ID_ATA=1\nE:ID_ATA_WRITE_CACHE=1\n" },
	};
	extern const struct xm_collector xm_collector_diskstats, xm_collector_filesystem,
		xm_collector_mdadm;
	static const struct xm_collector *const desc[] = { &xm_collector_diskstats,
							   &xm_collector_filesystem,
							   &xm_collector_mdadm };
	struct tree t;

	tree_open(&t);
	for (unsigned i = 0; i < XM_ARRAY_LEN(files); i++)
		tree_put(&t, files[i].path, files[i].text);
	for (unsigned i = 0; i < XM_ARRAY_LEN(files); i++) {
		for (size_t n = 0; n <= strlen(files[i].text); n++) {
			tree_put_bytes(&t, files[i].path, files[i].text, n);
			for (unsigned k = 0; k < XM_ARRAY_LEN(desc); k++) {
				struct coll_run run;

				coll_open(&run, &t, desc[k], NULL);
				coll_text(&run, &xm_sink_json);
				CHECK_EQ_INT(run.ran, 0);
				coll_close(&run);
			}
		}
		tree_put(&t, files[i].path, files[i].text);
	}
	tree_close(&t);
}

static int swallow_row(struct xm_out *o, const struct xm_table *table, const void *row)
{
	(void)o;
	(void)table;
	(void)row;
	return 0;
}
static int swallow_sample(struct xm_out *o, const struct xm_sample *s)
{
	(void)o;
	(void)s;
	return 0;
}
static const struct xm_sink swallow = { .name = "swallow",
					.row = swallow_row,
					.sample = swallow_sample };

static void put_machine(struct coll_case *t)
{
	char mounts[256];

	tree_put(&t->tree, "proc/diskstats", SDA_11 "\n8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n");
	put_udev(t, "");
	tree_put(&t->tree, "proc/mdstat",
		 MD("md1", "active raid1 sda[0] sdb[1]", "9 blocks [2/2] [UU]", ""));
	tree_put(&t->tree, "sys/block/md1/md/raid_disks", "2\n");
	tree_put(&t->tree, "sys/class/nvme/nvme0/nvme0c0n1/size", "1\n");
	snprintf(mounts, sizeof mounts, "1 1 8:1 / / rw - ext4 /dev/a rw\n");
	tree_put(&t->tree, "proc/1/mountinfo", mounts);
	if (!strcmp(t->desc->name, "textfile"))
		set_directories(t, "d*");
	put_prom(t, "d1/a.prom", "# HELP a x\na 1\nb{c=\"d\"} 1\n", OLD);
	put_prom(t, "d1/b.prom", "a{f=\"2\"} 1\n", OLD);
}

/* What is read each second allocates nothing when nothing is new */
static void test_steady_state(struct coll_case *t)
{
	struct xm_out out = { .sink = &swallow, .buf = XM_BUF_INIT };

	put_machine(t);
	CHECK_EQ_INT(coll_case_run(t, &swallow), 0);
	CHECK_EQ_INT(xm_coll_run(&t->run.coll, &out), 0);
	failmalloc_start(1, true);
	CHECK_EQ_INT(xm_coll_run(&t->run.coll, &out), 0);
	CHECK_EQ_INT(failmalloc_stop(), 0);
}

static void test_steady_states(void)
{
	COLL_CASE(disk, diskstats);
	COLL_CASE(fs, filesystem);

	test_steady_state(&disk);
	test_steady_state(&fs);
}

/* Whichever allocation of the first turn fails: an error, or it did not matter; and the next turn
 * is whole again. Not of open(): the C library's regcomp() frees twice when it has no memory. */
static void test_no_memory(struct coll_case *t)
{
	struct xm_out out = { .sink = &swallow, .buf = XM_BUF_INIT };
	long failed = 1, held;

	put_machine(t);
	xm_log_set_level(XM_LOG_ERROR);
	CHECK_EQ_INT(coll_case_run(t, &swallow), 0); /* the C library's own first allocations */
	coll_case_close(t);
	held = failmalloc_held();
	for (long n = 1; failed; n++) {
		struct xm_coll c;
		int r;

		REQUIRE(xm_coll_open(&c, t->desc, t->host, t->conf) == 0);
		failmalloc_start(n, false);
		r = xm_coll_run(&c, &out);
		failed = failmalloc_stop();
		CHECK(r == 0 || (failed && r == -ENOMEM));
		CHECK_EQ_INT(xm_coll_run(&c, &out), 0);
		xm_coll_close(&c);
		if (strcmp(t->desc->name, "filesystem") != 0) /* its thread ends when it can */
			CHECK_EQ_INT(failmalloc_held(), held);
	}
	xm_log_set_level(XM_LOG_INFO);
}

static void test_no_memories(void)
{
	COLL_CASE(disk, diskstats);
	COLL_CASE(fs, filesystem);
	COLL_CASE(md, mdadm);
	COLL_CASE(nv, nvme);
	COLL_CASE(text_files, textfile);

	test_no_memory(&disk);
	test_no_memory(&md);
	test_no_memory(&nv);
	test_no_memory(&text_files);
	test_no_memory(&fs); /* last: its thread frees what it has when it ends */
}

int main(void)
{
	RUN(test_no_memories);
	RUN(test_mount_parse);
	RUN(test_mount_parse_odd);
	RUN(test_octal);
	RUN(test_options);
	RUN(test_udev);
	RUN(test_disk_columns);
	RUN(test_disk_old_kernels);
	RUN(test_disk_filter);
	RUN(test_disk_bad_filter);
	RUN(test_disk_udev);
	RUN(test_disk_name_with_slash);
	RUN(test_disk_hotplug);
	RUN(test_disk_odd);
	RUN(test_disk_none);
	RUN(test_fs_below_root);
	RUN(test_fs_figures);
	RUN(test_fs_strips_root);
	RUN(test_fs_odd);
	RUN(test_fs_without_root);
	RUN(test_fs_none);
	RUN(test_md_states);
	RUN(test_md_metrics);
	RUN(test_md_odd);
	RUN(test_md_none);
	RUN(test_nvme);
	RUN(test_text_files);
	RUN(test_text_no_directory);
	RUN(test_text_bad_files);
	RUN(test_text_changes);
	RUN(test_text_several_directories);
	RUN(test_text_conflicts);
	RUN(test_text_caps);
	RUN(test_truncated);
	RUN(test_steady_states);
	return check_summary();
}
