import assert from "node:assert/strict";
import { isIn, parseAddress, parseRange, subscriberOf } from "../../src/domain/address.ts";

Deno.test("subscriberOf() takes IPv4 as it is and IPv6 by its /64", () => {
  const cases: [string, string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
  ];
  for (const [address, key] of cases) assert.equal(subscriberOf(address), key);
});

Deno.test("parseAddress() takes what is an address and nothing else", () => {
  for (
    const good of [
      "127.0.0.1",
      "::",
      "::1",
      "fe80::1%eth0",
      "[2001:db8::1]",
      "1:2:3:4:5:6:7:8",
      "::ffff:10.0.0.1",
    ]
  ) {
    assert.notEqual(parseAddress(good), null, good);
  }
  const bad = [
    "",
    "localhost",
    "127.1",
    "256.0.0.1",
    "1.2.3.4.5",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "12345::",
    "g::",
    "::1.2.3",
  ];
  for (const text of bad) assert.equal(parseAddress(text), null, text);
  assert.deepEqual(parseAddress("::ffff:10.0.0.1"), parseAddress("10.0.0.1"));
});

Deno.test("isIn() compares as many bits as the range has", () => {
  const ranges = ["10.0.0.0/8", "192.168.1.7", "fd00::/8", "0.0.0.0/32"].map((text) => parseRange(text)!);
  const inside = (text: string) => isIn(parseAddress(text)!, ranges);
  for (const text of ["10.1.2.3", "::ffff:10.9.9.9", "192.168.1.7", "fdff::1", "0.0.0.0"]) {
    assert.ok(inside(text), text);
  }
  for (const text of ["11.0.0.1", "192.168.1.8", "fe00::1", "::", "::1"]) assert.ok(!inside(text), text);
  for (const text of ["10.0.0.0/33", "::/129", "10.0.0.0/", "/8", "evil.example/8"]) {
    assert.equal(parseRange(text), null, text);
  }
});
