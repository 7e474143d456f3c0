/* The collectors of the network: netdev, netclass, netstat, sockstat, udp_queues, arp. */
#include "coll_case.h"
#include "failmalloc.h"

#define DEV_HEAD                                                                                   \
	"Inter-|   Receive                                                |  Transmit\n"           \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs " \
	"drop fifo colls carrier compressed\n"

static void test_netdev(void)
{
	COLL_CASE(t, netdev);

	tree_put(&t.tree, "proc/net/dev",
		 DEV_HEAD "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "{\"table\":\"netdev\",\"device\":\"eth0\",\"rx_bytes\":1,"
			  "\"rx_packets\":2,\"rx_errs\":3,\"rx_drop\":4,\"rx_fifo\":5,"
			  "\"rx_frame\":6,\"rx_compressed\":7,\"rx_multicast\":8,"
			  "\"rx_nohandler\":null,\"tx_bytes\":9,\"tx_packets\":10,\"tx_errs\":11,"
			  "\"tx_drop\":12,\"tx_fifo\":13,\"tx_colls\":14,\"tx_carrier\":15,"
			  "\"tx_compressed\":16}\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_network_receive_bytes_total Network device statistic "
			       "receive_bytes.\n"
			       "# TYPE node_network_receive_bytes_total counter\n"
			       "node_network_receive_bytes_total{device=\"eth0\"} 1\n");
	CHECK_CONTAINS(t.text, "node_network_receive_multicast_total{device=\"eth0\"} 8\n");
	CHECK_CONTAINS(t.text, "node_network_transmit_colls_total{device=\"eth0\"} 14\n");
	CHECK_CONTAINS(t.text, "node_network_transmit_carrier_total{device=\"eth0\"} 15\n");
	CHECK(!strstr(t.text, "nohandler"));
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* Each line stands alone; three of the nine are whole */
static void test_netdev_odd(void)
{
	COLL_CASE(t, netdev);

	tree_put(&t.tree, "proc/net/dev",
		 DEV_HEAD "    lo:18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\r\n"
			  "short: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"
			  " huge: 18446744073709551616 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
			  " minus: -1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
			  "no colon 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			  ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			  "a-name-of-16-bytes: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
			  "eth0:1: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
			  "  wl\"\\0: 7 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# TYPE node_network_receive_bytes_total counter\n"
			       "node_network_receive_bytes_total{device=\"lo\"} "
			       "1.8446744073709552e+19\n"
			       "node_network_receive_bytes_total{device=\"eth0:1\"} 1\n"
			       "node_network_receive_bytes_total{device=\"wl\\\"\\\\0\"} 7\n#");
	CHECK_EQ_INT(t.run.coll.bad, 6);
}

static void test_netdev_filter(void)
{
	COLL_CASE(t, netdev);

	tree_put(&t.tree, "proc/net/dev",
		 DEV_HEAD "  eth0: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
			  "  eth1: 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
			  "    lo: 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
	coll_case_set(&t, "device-include", "^eth");
	coll_case_set(&t, "device-exclude", "1$");
	for (unsigned turn = 0; turn < 2; turn++) {
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
		CHECK_CONTAINS(t.text, "\"device\":\"eth0\",\"rx_bytes\":1,");
		CHECK(!strstr(t.text, "eth1") && !strstr(t.text, "\"lo\""));
	}
	coll_case_close(&t);
	coll_case_set(&t, "device-exclude", "(");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EINVAL);
	CHECK_CONTAINS(t.run.coll.err.msg, "device-exclude: '(' is not a regular expression");
}

static void test_netdev_absent(void)
{
	COLL_CASE(t, netdev);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/net/dev", "");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "");
}

static void test_netclass(void)
{
	COLL_CASE(t, netclass);

	tree_put(&t.tree, "sys/devices/pci/net/eth0/operstate", "up\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/flags", "0x1003\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/speed", "2501\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/duplex", "full\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/address", "02:fc:00:00:00:01\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/ifalias", "to \"the\" rack\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/dev_id", "0xff\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/type", "1\n");
	tree_put(&t.tree, "sys/devices/pci/net/eth0/carrier_changes", "2\n");
	tree_link(&t.tree, "sys/class/net/eth0", "../../devices/pci/net/eth0");
	tree_put(&t.tree, "sys/class/net/bonding_masters", "bond0\n");
	tree_link(&t.tree, "sys/class/net/gone", "../../devices/pci/net/gone");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text,
		  "# HELP node_network_carrier_changes_total Network device property: "
		  "carrier_changes_total\n"
		  "# TYPE node_network_carrier_changes_total counter\n"
		  "node_network_carrier_changes_total{device=\"eth0\"} 2\n"
		  "# HELP node_network_device_id Network device property: device_id\n"
		  "# TYPE node_network_device_id gauge\n"
		  "node_network_device_id{device=\"eth0\"} 255\n"
		  "# HELP node_network_flags Network device property: flags\n"
		  "# TYPE node_network_flags gauge\n"
		  "node_network_flags{device=\"eth0\"} 4099\n"
		  "# HELP node_network_info Non-numeric data from /sys/class/net/<iface>, value "
		  "is always 1.\n"
		  "# TYPE node_network_info gauge\n"
		  "node_network_info{device=\"eth0\",address=\"02:fc:00:00:00:01\","
		  "duplex=\"full\",operstate=\"up\",adminstate=\"up\","
		  "ifalias=\"to \\\"the\\\" rack\"} 1\n"
		  "# HELP node_network_protocol_type Network device property: protocol_type\n"
		  "# TYPE node_network_protocol_type gauge\n"
		  "node_network_protocol_type{device=\"eth0\"} 1\n"
		  "# HELP node_network_speed_bytes Network device property: speed_bytes\n"
		  "# TYPE node_network_speed_bytes gauge\n"
		  "node_network_speed_bytes{device=\"eth0\"} 312625000\n"
		  "# HELP node_network_up Value is 1 if operstate is 'up', 0 otherwise.\n"
		  "# TYPE node_network_up gauge\n"
		  "node_network_up{device=\"eth0\"} 1\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* The speed of a device that is up but does not know is -1, and shown as node_exporter shows it */
static void test_netclass_speed(void)
{
	COLL_CASE(t, netclass);

	tree_put(&t.tree, "sys/class/net/tun0/speed", "-1\n");
	tree_put(&t.tree, "sys/class/net/tun0/flags", "0x1000\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "node_network_speed_bytes{device=\"tun0\"} -125000\n");
	CHECK_CONTAINS(t.text, "node_network_up{device=\"tun0\"} 0\n");
	CHECK_CONTAINS(t.text, "{device=\"tun0\",adminstate=\"down\"} 1\n");
	coll_case_close(&t);
	coll_case_set(&t, "ignore-invalid-speed", "true");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK(!strstr(t.text, "speed"));
}

/* What cannot be read or understood is left out, file by file */
static void test_netclass_odd(void)
{
	COLL_CASE(t, netclass);

	tree_put(&t.tree, "sys/class/net/a/mtu", "1500 bytes\n");
	tree_put(&t.tree, "sys/class/net/a/flags", "0xffffffffffffffff\n");
	tree_put(&t.tree, "sys/class/net/a/ifindex", "99999999999999999999\n");
	tree_put(&t.tree, "sys/class/net/a/type", "\n");
	tree_put(&t.tree, "sys/class/net/a/iflink/", ""); /* a directory: reading it fails */
	tree_put(&t.tree, "sys/class/net/a/tx_queue_len", "1000\r\n");
	tree_put(&t.tree, "sys/class/net/veth9/mtu", "1\n");
	coll_case_set(&t, "ignored-devices", "^veth");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "{device=\"a\",adminstate=\"unknown\"} 1\n");
	CHECK_CONTAINS(t.text, "node_network_transmit_queue_length{device=\"a\"} 1000\n");
	CHECK_CONTAINS(t.text, "node_network_up{device=\"a\"} 0\n");
	CHECK(!strstr(t.text, "node_network_mtu") && !strstr(t.text, "node_network_flags"));
	CHECK(!strstr(t.text, "node_network_iface") && !strstr(t.text, "node_network_protocol"));
	CHECK(!strstr(t.text, "veth9"));
	CHECK_EQ_INT(t.run.coll.bad, 4);
	tree_remove(&t.tree, "sys/class/net");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), -ENOENT);
}

#define STAT(proto, name, value)                                                                   \
	"{\"table\":\"netstat\",\"protocol\":\"" proto "\",\"name\":\"" name "\",\"value\":" value \
	"}\n"

static void test_netstat(void)
{
	COLL_CASE(t, netstat);

	tree_put(&t.tree, "proc/net/netstat",
		 "TcpExt: SyncookiesSent Other ListenDrops\nTcpExt: 1 2 3\n"
		 "IpExt: InOctets InNoRoutes\nIpExt: 4 5\n");
	tree_put(&t.tree, "proc/net/snmp",
		 "Tcp: RtoAlgorithm MaxConn CurrEstab\nTcp: 1 -1 6\n"
		 "Ip: Forwarding\nIp: 2\n"
		 "UdpLite: InErrors\nUdpLite: 0\n");
	tree_put(&t.tree, "proc/net/snmp6",
		 "Ip6InOctets                     \t7\nUdpLite6InErrors 8\nIcmp6OutType133 9\n"
		 "NoSix 1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text,
		  STAT("TcpExt", "SyncookiesSent", "1") STAT("TcpExt", "ListenDrops", "3")
			  STAT("IpExt", "InOctets", "4") STAT("Tcp", "CurrEstab", "6")
				  STAT("Ip", "Forwarding", "2") STAT("UdpLite", "InErrors", "0")
					  STAT("Ip6", "InOctets", "7")
						  STAT("UdpLite6", "InErrors", "8"));
	CHECK_EQ_INT(t.run.coll.bad, 0);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_netstat_TcpExt_ListenDrops Statistic "
			       "TcpExtListenDrops.\n"
			       "# TYPE node_netstat_TcpExt_ListenDrops untyped\n"
			       "node_netstat_TcpExt_ListenDrops 3\n");
}

/* A kernel may add a column between two turns: values go by their names, not their places */
static void test_netstat_changed(void)
{
	COLL_CASE(t, netstat);

	tree_put(&t.tree, "proc/net/snmp", "Udp: InDatagrams NoPorts\nUdp: 1 2\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	tree_put(&t.tree, "proc/net/snmp", "Udp: MemErrors NoPorts InDatagrams\nUdp: 5 2 1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, STAT("Udp", "NoPorts", "2") STAT("Udp", "InDatagrams", "1"));
}

static void test_netstat_fields(void)
{
	COLL_CASE(t, netstat);

	tree_put(&t.tree, "proc/net/snmp", "Tcp: MaxConn InSegs\nTcp: -1 2\n");
	coll_case_set(&t, "fields", "MaxConn");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, STAT("Tcp", "MaxConn", "-1"));
	coll_case_close(&t);
	coll_case_set(&t, "fields", "[");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -EINVAL);
}

/* One half of a pair costs itself, and nothing is read from a pair whose halves do not fit */
static void test_netstat_odd(void)
{
	COLL_CASE(t, netstat);

	tree_put(&t.tree, "proc/net/snmp",
		 "Tcp: InSegs OutSegs\n" /* 1: no values */
		 "Udp: InDatagrams NoPorts\r\n"
		 "Udp: 18446744073709551615 2\r\n"
		 "Icmp: 5 6\n" /* 1: no names */
		 "Ip: Forwarding Odd\n"
		 "Ip: 1\n"    /* 1 for the pair */
		 "no colon\n" /* 1 */
		 "Icmp: InMsgs OutMsgs\n"
		 "Icmp: 1x 2\n" /* 1: that value */
		 "Tcp: CurrEstab\n"
		 "Ip: 9\n"             /* 2: another's values */
		 "UdpLite: InErrors"); /* 1: the end */
	tree_put(&t.tree, "proc/net/snmp6", "Udp6NoPorts\nIp6InOctets -5\n\n6 1\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text,
		  STAT("Udp", "InDatagrams", "1.8446744073709552e+19") STAT("Udp", "NoPorts", "2")
			  STAT("Icmp", "OutMsgs", "2") STAT("Ip6", "InOctets", "-5"));
	CHECK_EQ_INT(t.run.coll.bad, 8 + 2);
}

static void test_netstat_absent(void)
{
	COLL_CASE(t, netstat);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/net/snmp", "Ip: Forwarding\nIp: 2\n"); /* no IPv6 */
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, STAT("Ip", "Forwarding", "2"));
}

static void test_sockstat(void)
{
	COLL_CASE(t, sockstat);
	char want[100];

	tree_put(&t.tree, "proc/net/sockstat",
		 "sockets: used 89\nTCP: inuse 6 orphan 1 tw 2 alloc 7 mem 235\n"
		 "FRAG: inuse 0 memory 4096\n");
	tree_put(&t.tree, "proc/net/sockstat6", "TCP6: inuse 3\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_CONTAINS(t.text, "# HELP node_sockstat_sockets_used Number of IPv4 sockets in use.\n"
			       "# TYPE node_sockstat_sockets_used gauge\n"
			       "node_sockstat_sockets_used 89\n");
	CHECK_CONTAINS(t.text, "# HELP node_sockstat_TCP_tw Number of TCP sockets in state tw.\n"
			       "# TYPE node_sockstat_TCP_tw gauge\n"
			       "node_sockstat_TCP_tw 2\n");
	CHECK_CONTAINS(t.text, "\nnode_sockstat_TCP_inuse 6\n");
	CHECK_CONTAINS(t.text, "\nnode_sockstat_TCP_orphan 1\n");
	CHECK_CONTAINS(t.text, "\nnode_sockstat_TCP_alloc 7\n");
	CHECK_CONTAINS(t.text, "\nnode_sockstat_TCP_mem 235\n");
	snprintf(want, sizeof want, "\nnode_sockstat_TCP_mem_bytes %ld\n",
		 235 * sysconf(_SC_PAGESIZE));
	CHECK_CONTAINS(t.text, want);
	CHECK_CONTAINS(t.text, "\nnode_sockstat_FRAG_memory 4096\n");
	CHECK_CONTAINS(t.text, "\nnode_sockstat_TCP6_inuse 3\n");
	CHECK(!strstr(t.text, "FRAG_mem_bytes") && !strstr(t.text, "TCP6_mem"));
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_sockstat_odd(void)
{
	COLL_CASE(t, sockstat);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/net/sockstat",
		 "sockets: used\nsockets: used -1\nTCP: inuse 6 orphan\nUDP: inuse x\n"
		 "no colon\n: inuse 1\nNEW: inuse -2 fancy 5\r\nRAW:\n");
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, "{\"table\":\"sockstat\",\"protocol\":\"NEW\",\"inuse\":-2,"
			  "\"orphan\":null,\"tw\":null,\"alloc\":null,\"mem\":null,"
			  "\"mem_bytes\":null,\"memory\":null}\n"
			  "{\"table\":\"sockstat\",\"protocol\":\"RAW\",\"inuse\":null,"
			  "\"orphan\":null,\"tw\":null,\"alloc\":null,\"mem\":null,"
			  "\"mem_bytes\":null,\"memory\":null}\n");
	CHECK_EQ_INT(t.run.coll.bad, 6);
}

#define UDP_HEAD                                                                                   \
	"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "     \
	"timeout inode ref pointer drops             \n"
#define UDP_LINE(queues)                                                                           \
	" 1234: 0100007F:0035 00000000:0000 07 " queues " 00:00000000 00000000     0        0 "    \
	"1 2 0000000000000000 0\n"
#define UDP(ip, tx, rx) "{\"table\":\"udp_queues\",\"ip\":\"" ip "\",\"tx\":" tx ",\"rx\":" rx "}\n"

static void test_udp_queues(void)
{
	COLL_CASE(t, udp_queues);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/net/udp",
		 UDP_HEAD UDP_LINE("00000010:000000FF") UDP_LINE("00000001:00000001"));
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, UDP("v4", "17", "256"));
	tree_put(&t.tree, "proc/net/udp6", UDP_HEAD);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
	CHECK_STR(t.text, "# HELP node_udp_queues Number of allocated memory in the kernel for UDP "
			  "datagrams in bytes.\n"
			  "# TYPE node_udp_queues gauge\n"
			  "node_udp_queues{ip=\"v4\",queue=\"tx\"} 17\n"
			  "node_udp_queues{ip=\"v4\",queue=\"rx\"} 256\n"
			  "node_udp_queues{ip=\"v6\",queue=\"tx\"} 0\n"
			  "node_udp_queues{ip=\"v6\",queue=\"rx\"} 0\n");
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

/* Far more lines than are held at a time; they are cut at every place of a line by and by */
static void test_udp_many(void)
{
	COLL_CASE(t, udp_queues);
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	xm_buf_adds(&text, UDP_HEAD);
	for (unsigned i = 0; i < 20000; i++)
		xm_buf_addf(&text, "%*u: 0100007F:0035 00000000:0000 07 %X:%08X 00:00000000\n",
			    i % 7 + 1, i, 2, i);
	tree_put_bytes(&t.tree, "proc/net/udp", text.data, text.len);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, UDP("v4", "40000", "199990000"));
	CHECK_EQ_INT(t.run.coll.bad, 0);
}

static void test_udp_odd(void)
{
	COLL_CASE(t, udp_queues);
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	xm_buf_adds(&text, UDP_LINE("1:0") UDP_LINE("1") UDP_LINE("x:1") UDP_LINE(":") "a b c\n\n");
	for (unsigned i = 0; i < 20000; i++) /* one line, longer than what is held */
		xm_buf_addc(&text, 'x');
	xm_buf_adds(&text, "\n" UDP_LINE("0:8"));
	text.len -= 40; /* the last line has lost its end, but not its queues */
	tree_put_bytes(&t.tree, "proc/net/udp6", text.data, text.len);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_STR(t.text, UDP("v6", "1", "8"));
	CHECK(t.run.coll.bad >= 6 && t.run.coll.bad <= 8);
}

static void test_arp(void)
{
	COLL_CASE(t, arp);

	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), -ENOENT);
	tree_put(&t.tree, "proc/net/arp",
		 "IP address       HW type     Flags       HW address            Mask     Device\n"
		 "192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth1\n"
		 "192.0.2.2        0x1         0x0         00:00:00:00:00:00     *        eth0\r\n"
		 "192.0.2.3        0x1         0x2         02:fc:00:00:00:06     *        eth1\n"
		 "192.0.2.4        0x1         0x2\n"
		 "a b c d e f g\n"
		 "192.0.2.5  0x1  0x2  02:fc:00:00:00:06  *  a-name-of-16-byt\n"
		 "192.0.2.6  0x1  0x2  02:fc:00:00:00:06  *  veth1\n");
	coll_case_set(&t, "device-exclude", "^veth");
	coll_case_close(&t);
	for (unsigned turn = 0; turn < 2; turn++) {
		CHECK_EQ_INT(coll_case_run(&t, &xm_sink_prometheus), 0);
		CHECK_STR(t.text, "# HELP node_arp_entries ARP entries by device\n"
				  "# TYPE node_arp_entries gauge\n"
				  "node_arp_entries{device=\"eth0\"} 1\n"
				  "node_arp_entries{device=\"eth1\"} 2\n");
		CHECK_EQ_INT(t.run.coll.bad, 3 * (turn + 1));
	}
}

/* More devices than there is room for: the rest is counted, not mixed up */
static void test_arp_many(void)
{
	COLL_CASE(t, arp);
	_cleanup_buf_ struct xm_buf text = XM_BUF_INIT;

	for (unsigned i = 0; i < 2200; i++)
		xm_buf_addf(&text, "1.2.3.4 0x1 0x2 02:fc:00:00:00:05 * veth%u\n", 1099 - i % 1100);
	tree_put_bytes(&t.tree, "proc/net/arp", text.data, text.len);
	CHECK_EQ_INT(coll_case_run(&t, &xm_sink_json), 0);
	CHECK_EQ_INT(t.run.coll.bad, 2 * (1100 - 1024));
	CHECK_CONTAINS(t.text, "\"device\":\"veth76\",\"entries\":2,");
	CHECK(!strstr(t.text, "\"veth75\""));
}

static int drop_row(struct xm_out *o, const struct xm_table *t, const void *row)
{
	(void)o;
	(void)t;
	(void)row;
	return 0;
}
static const struct xm_sink sink_none = { .name = "none", .row = drop_row };

static void put_machine(struct tree *t)
{
	tree_put(t, "proc/net/dev", DEV_HEAD "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
	tree_put(t, "proc/net/netstat", "IpExt: InOctets InNoRoutes\nIpExt: 4 5\n");
	tree_put(t, "proc/net/snmp", "Tcp: MaxConn InSegs\nTcp: -1 2\n");
	tree_put(t, "proc/net/snmp6", "Ip6InOctets 5\n");
	tree_put(t, "proc/net/sockstat", "sockets: used 89\nTCP: inuse 6 mem 235\n");
	tree_put(t, "proc/net/sockstat6", "TCP6: inuse 3\n");
	tree_put(t, "proc/net/udp", UDP_HEAD UDP_LINE("00000010:000000FF"));
	tree_put(t, "proc/net/arp", "192.0.2.1 0x1 0x2 02:fc:00:00:00:05 * eth0\n");
	tree_put(t, "sys/class/net/eth0/mtu", "1500\n");
}

extern const struct xm_collector xm_collector_netdev, xm_collector_netclass, xm_collector_netstat,
	xm_collector_sockstat, xm_collector_udp_queues, xm_collector_arp;

/* What is read at each tick allocates at the first turn at most */
static void test_no_allocation(void)
{
	static const struct xm_collector *const each_tick[] = {
		&xm_collector_netdev, &xm_collector_netstat, &xm_collector_sockstat,
		&xm_collector_udp_queues, &xm_collector_arp
	};
	struct tree t;

	tree_open(&t);
	put_machine(&t);
	for (unsigned i = 0; i < XM_ARRAY_LEN(each_tick); i++) {
		struct coll_run run;
		struct xm_out out;

		coll_open(&run, &t, each_tick[i], NULL);
		CHECK_EQ_INT(xm_out_open(&out, &sink_none), 0);
		CHECK_EQ_INT(xm_coll_run(&run.coll, &out), 0);
		failmalloc_start(1, true);
		for (unsigned turn = 0; turn < 5; turn++)
			CHECK_EQ_INT(xm_coll_run(&run.coll, &out), 0);
		CHECK_EQ_INT(failmalloc_stop(), 0);
		xm_out_close(&out);
		coll_close(&run);
	}
	tree_close(&t);
}

/* Wherever memory runs out during a turn, the collector says so or does without, and frees what it
 * had. (Not while opening: glibc's regcomp() itself does not survive that.) */
static void test_no_memory(void)
{
	static const struct xm_collector *const all[] = {
		&xm_collector_netdev,   &xm_collector_netclass,   &xm_collector_netstat,
		&xm_collector_sockstat, &xm_collector_udp_queues, &xm_collector_arp
	};
	struct xm_out out;
	struct tree t;

	if (!FAILMALLOC_WORKS)
		return;
	tree_open(&t);
	put_machine(&t);
	CHECK_EQ_INT(xm_out_open(&out, &sink_none), 0);
	for (unsigned i = 0; i < XM_ARRAY_LEN(all); i++)
		for (long n = 1, failed = 1; failed; n++) {
			_cleanup_free_ void *conf = calloc(1, all[i]->conf_size + 1);
			long held = failmalloc_held();
			struct xm_coll c;
			int r;

			xm_fields_default(all[i]->opts, conf);
			CHECK_EQ_INT(xm_coll_open(&c, all[i], &t.host, conf), 0);
			failmalloc_start(n, false);
			r = xm_coll_run(&c, &out);
			failed = failmalloc_stop();
			CHECK(failed || r == 0);
			CHECK(r == 0 || r == -ENOMEM);
			xm_coll_close(&c);
			CHECK_EQ_INT(failmalloc_held(), held);
		}
	xm_out_close(&out);
	tree_close(&t);
}

int main(void)
{
	RUN(test_netdev);
	RUN(test_netdev_odd);
	RUN(test_netdev_filter);
	RUN(test_netdev_absent);
	RUN(test_netclass);
	RUN(test_netclass_speed);
	RUN(test_netclass_odd);
	RUN(test_netstat);
	RUN(test_netstat_changed);
	RUN(test_netstat_fields);
	RUN(test_netstat_odd);
	RUN(test_netstat_absent);
	RUN(test_sockstat);
	RUN(test_sockstat_odd);
	RUN(test_udp_queues);
	RUN(test_udp_many);
	RUN(test_udp_odd);
	RUN(test_arp);
	RUN(test_arp_many);
	RUN(test_no_allocation);
	RUN(test_no_memory);
	return check_summary();
}
