/**
 * Receipts: what the author of a report holds to ask for it later. A receipt is the report's id with a signature, so
 * that a report that is sent again answers the same one, and nothing secret needs to be stored per report.
 */

/** Bytes of the signature that a receipt carries: 128 bits. */
const SIGNATURE_BYTES = 16;
const SIGNED = /^([\w-]{1,100})_([\w-]{22})$/;

export interface Receipts {
  of(issue_id: string): Promise<string>;
  /** The id that a receipt was made for; `null` when this server has not made it. */
  read(receipt: string): Promise<string | null>;
}

/** @param secret asked once, when the first receipt is made or read */
export function receiptsWith(secret: () => Promise<string>): Receipts {
  let made: Promise<CryptoKey> | null = null;
  const sign = async (issue_id: string) => {
    const key = await (made ??= importKey(secret).catch((error) => {
      made = null;
      throw error;
    }));
    const whole = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(issue_id));
    return new Uint8Array(whole, 0, SIGNATURE_BYTES);
  };
  return {
    of: async (issue_id) =>
      `${issue_id}_${(await sign(issue_id)).toBase64({ alphabet: "base64url", omitPadding: true })}`,
    read: async (receipt) => {
      const [, issue_id, signature] = SIGNED.exec(receipt) ?? [];
      if (issue_id === undefined) return null;
      const expected = await sign(issue_id);
      const given = bytesOf(signature);
      return given !== null && sameBytes(expected, given) ? issue_id : null;
    },
  };
}

async function importKey(secret: () => Promise<string>): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(await secret());
  return await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

function bytesOf(base64url: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(base64url, { alphabet: "base64url" });
  } catch {
    return null; // the last character has bits that belong to no byte
  }
}

/** In a time that does not depend on where they differ. */
function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let i = 0; i < one.length; i++) difference |= one[i] ^ other[i];
  return difference === 0;
}
