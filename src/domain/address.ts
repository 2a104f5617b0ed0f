/** IP addresses and their ranges, as options and limits need them. */

/** An address as a number; IPv4 within IPv6 (`::ffff:10.0.0.1`) counts as IPv4. */
export interface Address {
  bits: bigint;
  /** 32 or 128. */
  size: 32 | 128;
}

/** `null` for what is no address. A zone (`%eth0`) does not count. */
export function parseAddress(text: string): Address | null {
  const v4 = parseV4(text);
  if (v4 !== null) return { bits: v4, size: 32 };
  const bits = parseV6(text.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, ""));
  if (bits === null) return null;
  return bits >> 32n === 0xffffn ? { bits: bits & 0xffff_ffffn, size: 32 } : { bits, size: 128 };
}

function parseV4(text: string): bigint | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function parseV6(text: string): bigint | null {
  const tail = /(?<=:)\d+\.\d+\.\d+\.\d+$/.exec(text)?.[0];
  const v4 = tail === undefined ? null : parseV4(tail);
  if (tail !== undefined && v4 === null) return null;
  const plain = tail === undefined || v4 === null
    ? text
    : `${text.slice(0, -tail.length)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const [left, right] = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right ?? []];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

export interface AddressRange {
  address: Address;
  /** Bits that must be equal. */
  prefix: number;
}

/** `10.0.0.0/8`, `fd00::/8` or one address; `null` for what is none. */
export function parseRange(text: string): AddressRange | null {
  const found = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = found === null ? null : parseAddress(found[1]);
  if (found === null || address === null) return null;
  const prefix = found[2] === undefined ? address.size : Number(found[2]);
  return prefix > address.size ? null : { address, prefix };
}

export function isIn(address: Address, ranges: readonly AddressRange[]): boolean {
  return ranges.some(({ address: { bits, size }, prefix }) => {
    const rest = BigInt(size - prefix);
    return size === address.size && bits >> rest === address.bits >> rest;
  });
}

/** One subscriber: an IPv4 address, or the /64 of an IPv6 address, of which one has 2^64. */
export function subscriberOf(text: string): string {
  const address = parseAddress(text);
  if (address === null) return text;
  return address.size === 32
    ? [24n, 16n, 8n, 0n].map((shift) => address.bits >> shift & 255n).join(".")
    : `${
      [112n, 96n, 80n, 64n].map((shift) => (address.bits >> shift & 0xffffn).toString(16)).join(":")
    }::/64`;
}
