"""providers.addresses: results come from public hosts only, in no odd spelling."""

from __future__ import annotations

from seedwatch.providers.addresses import is_public_name

PUBLIC = (
    *("ark-content.tos-cn-beijing.volces.com", "EXAMPLE.com", "example.com.", "xn--fiqs8s.cn"),
    *("8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"),
    *("2002:808:808::1", "a1.b2", "1.example.com"),
)
PRIVATE = (
    *(
        "",
        ".",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "x.localhost",
        "printer.local",
        "a.internal",
    ),
    *(
        "metadata",
        "router",
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.0.0x1",
        "0x7f.1",
        "0x7f.0x1",
    ),
    *("2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "127.0.0.01", "1.2.3.4.5", "1.2.3"),
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
    *("100.64.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.0.0.1"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "fe80::1"),
    *("fe80::1%eth0", "2001:4860::1%1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "ff0e::1"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1"),
    *("2001:db8::1", "2001::1", "100::1"),
    *("exa mple.com", "exa%20mple.com", "a..com", ".com", "a,b.com", "a:b.com", "例子.cn"),
)


def test_public_hosts() -> None:
    """Names and addresses of the internet are fetched from."""
    assert [host for host in PUBLIC if not is_public_name(host)] == []


def test_hosts_that_are_not_public() -> None:
    """This machine, this network, reserved ranges, and v4 addresses in v6 or odd spellings (T1).

    Red when only the plain spelling of an address is judged.
    """
    assert [host for host in PRIVATE if is_public_name(host)] == []
