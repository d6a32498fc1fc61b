"""Links that lead where no result may come from (promises.md T1), in every spelling that we know.

`NAMED` are names whose look-up gives an address of this machine or network; `REFUSED` are refused
as they stand.
"""

from __future__ import annotations

_INSIDE = {  # dotted -> other spellings of the same address
    "127.0.0.1": (
        *(
            "2130706433",
            "0x7f000001",
            "017700000001",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "127.1",
            "127.0.1",
        ),
        *("0x7f.1", "127.0.0.01", "127.0.0.0x1", "127.000.000.001", "127.0.0.1.", "127.0.0.1.."),
        *(
            "１２７.0.0.1",
            "127。0。0。1",
            "①②⑦.⓪.⓪.①",
            "127.0.0.1%00",
            "%31%32%37.0.0.1",
            "127%2e0%2e0%2e1",
        ),
        *(
            "127.0.0.1%20",
            "127.0.0.1%09",
            "00127.0.0.1",
            "0x7f.0x0.0x0.0x1",
            "4294967297",
            "127.65535",
        ),
    ),
    "169.254.169.254": ("2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"),
    "10.0.0.1": ("167772161", "0xa000001", "012.0.0.1", "10.1"),
    "192.168.1.1": ("3232235777", "0xc0a80101", "0300.0250.1.1", "192.168.257"),
    "172.16.0.1": ("2886729729", "0xac100001", "172.1048577"),
    "0.0.0.0": ("0", "0x0", "00", "0.0", "0x00000000"),
}
_RANGES = (
    *(
        "10.255.255.255",
        "172.31.255.254",
        "192.168.0.0",
        "127.255.255.254",
        "127.0.0.53",
        "0.1.2.3",
    ),
    *("100.64.0.1", "100.127.255.254", "169.254.0.1", "192.0.0.8", "192.0.2.5", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "192.88.99.1"),
)
_V6 = (
    *("::", "::1", "0:0:0:0:0:0:0:1", "0000::0001", "::ffff:127.0.0.1", "::ffff:7f00:1"),
    *("::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::7f00:1", "::ffff:0:127.0.0.1"),
    *(
        "64:ff9b::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
    ),
    *("2002:a00:1::", "2002:c0a8:101::1", "fe80::1", "fe80::1%25eth0", "fe80::1%25lo", "febf::1"),
    *("fc00::1", "fd00:ec2::254", "fdff::1", "fec0::1", "ff02::1", "ff0e::1", "2001:db8::1"),
    *("2001::1", "100::1", "2001:10::1", "3fff::1", "5f00::1", "2001:4860:4860::8888%25eth0"),
)
_NAMES = (
    *("localhost", "LOCALHOST", "LocalHost.", "a.localhost", "localhost.localdomain.localhost"),
    *(
        "printer.local",
        "nas.LOCAL.",
        "metadata.google.internal",
        "x.internal",
        "router",
        "metadata",
    ),
    *("intranet", "ip6-localhost", "kubernetes", "a", "exa_mple"),
)
_TRICKS = (
    *("https://good.example.com@127.0.0.1/a", "https://127.0.0.1:443@good.example.com/a"),
    *(
        "https://u@good.example.com/a",
        "https://u:p@good.example.com/a",
        "https://:p@good.example.com/a",
    ),
    *("https://127.0.0.1#@good.example.com/", "https://127.0.0.1?@good.example.com/"),
    *("https://127.0.0.1\\@good.example.com/", "https:///127.0.0.1/a", "https:127.0.0.1/a"),
    *("https://good.example.com:22/a", "https://good.example.com:80/a", "https://8.8.8.8:8443/a"),
    *(
        "https://good.example.com:6379/a",
        "https://good.example.com:99999/a",
        "https://good.example.com:0/",
    ),
    *(
        "http://good.example.com/a",
        "http://8.8.8.8/a",
        "HTTP://good.example.com/",
        "http://[2606::1]/",
    ),
    *(
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "ftp://good.example.com/a",
        "ftp://127.0.0.1/",
    ),
    *("gopher://127.0.0.1:6379/_x", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "tftp://h/a"),
    *(
        "jar:https://good.example.com!/a",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "blob:x",
    ),
    *(
        "ws://good.example.com/",
        "wss://good.example.com/",
        "unix:///run/docker.sock",
        "//127.0.0.1/a",
    ),
    *("https://", "https:", "https:///", "", " ", "a", "/etc/passwd", "127.0.0.1", "https://[::1"),
    *("https://[127.0.0.1]/", "https://[::1%25]/", "https://[v1.x]/", "https://ex ample.com/"),
    *(
        "https://\u202eexample.com/",
        "https://exam\u0000ple.com/",
        "https://a..com/",
        "https://.com/",
    ),
    *("https://-/", "https://%/", "https://%zz/", "https://1.2.3.4.5/", "https://256.256.256.256/"),
    *(
        "https://xn--/",
        "https://0/",
    ),
)

REFUSED = (
    *(f"https://{name}/a.png" for plain in _INSIDE for name in (plain, *_INSIDE[plain])),
    *(f"https://{name}/a.png" for name in (*_RANGES, *_NAMES)),
    *(f"https://[{name}]/a.png" for name in _V6),
    *_TRICKS,
)
NAMED = (
    *("https://" + "a." * 200 + "com/", "https://" + "a" * 64 + ".com/"),
    *(
        "https://127.0.0.1.nip.io/a",
        "https://localtest.me/a",
        "https://customer1.app.localhost.my.example/",
    ),
    *(
        "https://spoofed.burpcollaborator.example/",
        "https://a.good.example.com/",
        "https://GOOD.example/",
    ),
    *("https://xn--fiqs8s.cn/a", "https://good.example.com./a", "https://good.example.com:443/a"),
    *("https://1.example.com/", "https://0x7f.example/", "https://a-b.example/?u=https://8.8.8.8/"),
)
