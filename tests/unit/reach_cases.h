/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rulesets, questions and who gets through, one a case.
 *
 * A ruleset in iptables' words stands for a filter table whose INPUT and FORWARD drop what no rule
 * decides; its first rule is in line 4. One in nft's words is as it stands, line 1 first. A
 * question is a list of words, see test_reach_cases.c. An answer is a list of entries, " | "
 * between them: "must" or "may", the line of the rule, the sources, and in brackets what decides.
 */
static const struct {
	const char *rules, *question, *expected;
} cases[] = {
    /* One rule. */
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "tcp 22", "must 4 0.0.0.0/0"},
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "tcp 23", ""},
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "udp 22", ""},
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "forward tcp 22", ""},
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "tcp", "may 4 0.0.0.0/0 (which port it goes to)"},
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "22", "may 4 0.0.0.0/0 (which protocol it is)"},
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "tcp 22 src=10.0.0.7", "must 4 10.0.0.7/32"},
    {"-A INPUT -p tcp --dport 22 -j ACCEPT", "tcp 22 src=10.0.0.0/8", "must 4 10.0.0.0/8"},
    {"-A INPUT -s 10.0.0.0/8 -j ACCEPT", "tcp 22 src=11.0.0.1", ""},
    {"-A INPUT -s 10.0.0.0/9 -j ACCEPT", "tcp 22 src=10.0.0.0/8", "must 4 10.0.0.0/9"},
    {"-A INPUT ! -s 128.0.0.0/1 -j ACCEPT", "", "must 4 0.0.0.0/1"},
    {"-A INPUT -s 10.0.0.1/255.0.0.255 -j ACCEPT", "src=10.1.0.0/23",
     "must 4 10.1.0.1/32 10.1.1.1/32"},
    {"-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.4 -j ACCEPT", "",
     "must 4 10.0.0.1/32 10.0.0.2/31 10.0.0.4/32"},
    {"-A INPUT -j DROP", "", ""},
    {"-A INPUT -j REJECT", "", ""},
    {"-A INPUT -j LOG", "", ""},
    {"-A INPUT -j ACCEPT", "", "must 4 0.0.0.0/0"},

    /* The first that matches decides. */
    {"-A INPUT -s 10.0.0.0/8 -j DROP\n-A INPUT -j ACCEPT", "src=10.0.0.0/7", "must 5 11.0.0.0/8"},
    {"-A INPUT -s 10.0.0.0/8 -j ACCEPT\n-A INPUT -s 10.0.0.0/7 -j ACCEPT", "",
     "must 4 10.0.0.0/8 | must 5 11.0.0.0/8"},
    {"-A INPUT -p tcp -j ACCEPT\n-A INPUT -p udp -j ACCEPT", "22",
     "may 4 0.0.0.0/0 (which protocol it is) | may 5 0.0.0.0/0 (which protocol it is)"},
    {"-A INPUT -i eth0 -j ACCEPT\n-A INPUT ! -i eth0 -j ACCEPT", "",
     "must 4 0.0.0.0/0 | must 5 0.0.0.0/0"},

    /* Interfaces: any but lo. */
    {"-A INPUT -i lo -j ACCEPT", "", ""},
    {"-A INPUT -i lo -j ACCEPT", "in=lo", "must 4 0.0.0.0/0"},
    {"-A INPUT ! -i lo -j ACCEPT", "", "must 4 0.0.0.0/0"},
    {"-A INPUT -i eth+ -j ACCEPT", "in=eth7", "must 4 0.0.0.0/0"},
    {"-A INPUT -i eth+ -j ACCEPT", "in=wg0", ""},
    {"-A INPUT -i eth+ -j ACCEPT", "", "may 4 0.0.0.0/0 (which interface it comes in by)"},
    {"-A FORWARD -o br0 -j ACCEPT", "forward", "may 4 0.0.0.0/0 (which interface it goes out by)"},
    {"-A FORWARD -i eth0 -o br0 -j ACCEPT", "forward in=eth0 out=br0", "must 4 0.0.0.0/0"},

    /* State: a first packet, unless asked otherwise. */
    {"-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT", "", ""},
    {"-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT", "state=related",
     "must 4 0.0.0.0/0"},
    {"-A INPUT -p tcp ! --syn -m state --state NEW -j DROP\n-A INPUT -j ACCEPT", "tcp 22",
     "must 5 0.0.0.0/0"},
    {"-A INPUT -p tcp --syn -j ACCEPT", "tcp state=established",
     "may 4 0.0.0.0/0 (which TCP flags it has)"},

    /* What is not known. */
    {"-A INPUT -m limit --limit 5/min -j ACCEPT", "", "may 4 0.0.0.0/0 (-m limit --limit 5/min)"},
    {"-A INPUT -m limit --limit 5/min -j ACCEPT\n-A INPUT -j ACCEPT", "",
     "must 4 0.0.0.0/0 | must 5 0.0.0.0/0"},
    {"-A INPUT -m limit --limit 5/min -j LOG\n-A INPUT -s 10.0.0.0/8 -j ACCEPT", "",
     "must 5 10.0.0.0/8"},
    {"-A INPUT -j NFQUEUE --queue-num 0", "",
     "may 4 0.0.0.0/0 (what a program behind a queue says)"},

    /* Chains. */
    {"-N a\n-A INPUT -j a\n-A INPUT -j ACCEPT\n-A a -s 10.0.0.0/8 -j DROP\n-A a -j RETURN",
     "src=10.0.0.0/7", "must 6 11.0.0.0/8"},
    {"-N a\n-A INPUT -g a\n-A INPUT -j ACCEPT\n-A a -s 10.0.0.0/8 -j ACCEPT", "",
     "must 7 10.0.0.0/8"},
    {"-N a\n-N b\n-A INPUT -j a\n-A INPUT -j ACCEPT\n-A a -g b\n-A a -j DROP\n"
     "-A b -s 10.0.0.0/8 -j DROP",
     "src=10.0.0.0/7", "must 7 11.0.0.0/8"},

    /* Marks. */
    {"-A INPUT -m mark --mark 0x1/0xff -j ACCEPT", "", "may 4 0.0.0.0/0 (which mark it carries)"},

    /* nft: sets, maps, masks, marks between tables, both families. */
    {"table inet f {\n chain c {\n type filter hook input priority 0; policy drop;\n"
     " tcp dport { 22, 80-90 } accept\n }\n}",
     "tcp 85", "must 4 0.0.0.0/0 | must 4 ::/0"},
    {"table inet f {\n chain a { ip saddr 10.0.0.0/8 accept; }\n chain c {\n"
     " type filter hook input priority 0; policy drop;\n"
     " tcp dport vmap { 22 : jump a, 80 : accept }\n }\n}",
     "tcp 22", "must 2 10.0.0.0/8"},
    {"table inet f {\n chain c {\n type filter hook input priority 0; policy drop;\n"
     " meta mark & 0xf == 0x1 accept\n }\n chain m {\n"
     " type filter hook input priority -150; policy accept;\n"
     " meta mark set 0\n ip saddr 10.0.0.0/8 meta mark set 0x11\n }\n}",
     "", "must 4 10.0.0.0/8"},
    {"table inet f {\n chain c {\n type filter hook input priority 0; policy drop;\n"
     " ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 23 } accept\n }\n}",
     "tcp 23", "must 4 10.0.0.2/32"},
    {"table ip6 f {\n chain c {\n type filter hook input priority 0; policy drop;\n"
     " ip6 saddr fd00::/8 accept\n }\n}",
     "tcp 22", "must 4 fd00::/8"},
    {"table inet f {\n chain c {\n type filter hook input priority 0; policy accept;\n"
     " ip saddr 10.0.0.0/8 drop\n }\n}",
     "src=10.0.0.0/7", "must 2 11.0.0.0/8"},

    /* Two base chains: a drop is final wherever it is. */
    {"table inet f {\n chain c {\n type filter hook input priority 0; policy drop;\n"
     " ip saddr 10.0.0.0/7 accept\n }\n chain d {\n"
     " type filter hook input priority 10; policy accept;\n ip saddr 10.0.0.0/8 drop\n }\n}",
     "", "must 4 11.0.0.0/8"},

    /* No chain looks at the hook. */
    {"table ip f {\n chain c {\n type filter hook input priority 0; policy drop;\n }\n}",
     "forward src=1.1.1.1", "must 0 1.1.1.1/32"},

    /* A rule that comes to nothing after it has changed the packet. */
    {"table inet f {\n chain c {\n type filter hook input priority 0; policy drop;\n"
     " meta mark set 1 meta l4proto udp accept\n meta mark 1 ip saddr 10.0.0.0/8 accept\n }\n}",
     "tcp 22", "must 5 10.0.0.0/8"},

    /* A list of rules that drop, with others among them. */
    {"-A INPUT -s 1.0.0.0/8 -j DROP\n-A INPUT -s 2.0.0.0/8 -j DROP\n-A INPUT -s 3.0.0.0/8 -j DROP\n"
     "-A INPUT -s 4.0.0.0/8 -j DROP\n-A INPUT -s 5.0.0.0/8 -j REJECT\n"
     "-A INPUT -s 6.0.0.0/8 -j DROP\n-A INPUT -s 7.0.0.0/8 -p tcp -j DROP\n"
     "-A INPUT -s 7.7.0.0/16 -j DROP\n-A INPUT -s 8.0.0.0/8 -j DROP\n-A INPUT -j ACCEPT",
     "tcp 22 src=0.0.0.0/4", "must 13 0.0.0.0/8 9.0.0.0/8 10.0.0.0/7 12.0.0.0/6"},
    {"-A INPUT -s 1.0.0.0/8 -j DROP\n-A INPUT -s 2.0.0.0/8 -j DROP\n-A INPUT -s 3.0.0.0/8 -j DROP\n"
     "-A INPUT -s 4.0.0.0/8 -j DROP\n-A INPUT -d 5.0.0.0/8 -j DROP\n"
     "-A INPUT -s 6.0.0.0/8 -j DROP\n-A INPUT -s 7.0.0.0/8 -j DROP\n"
     "-A INPUT ! -s 0.0.0.0/5 -j DROP\n-A INPUT -j ACCEPT",
     "dst=5.5.5.5", ""},

    /* What is no ruleset for the kernel. */
    {"-N a\n-N b\n-A INPUT -j a\n-A a -j b\n-A b -j a", "",
     "error rules:8:1: a loop of jumps by way of chain \"a\""},
};
