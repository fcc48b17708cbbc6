import { promisify } from "node:util";
import { deflate, gunzip, gzip, inflate } from "node:zlib";
import type { Compression } from "../contact/classic-service.ts";

type Coder = (bytes: Buffer) => Promise<Buffer>;
type Decoder = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const encoders: Readonly<Record<Compression, Coder>> = {
  GZIP: promisify(gzip),
  Deflate: promisify(deflate),
};
const decoders: ReadonlyMap<string, Decoder> = new Map([
  ["gzip", promisify(gunzip)],
  ["deflate", promisify(inflate)],
]);

/** What Content-Encoding says of a message that was compressed so [RFC 9110 8.4.1]. */
export function contentCoding(compression: Compression): string {
  return compression.toLowerCase();
}

export async function compressed(text: string, compression: Compression): Promise<Buffer> {
  return encoders[compression](Buffer.from(text));
}

/** The bytes as they were before they were coded. Rejects where they cannot be had, or are more than that. */
export async function decoded(bytes: Buffer, coding: string, maxBytes: number): Promise<Buffer> {
  const name = coding.trim().toLowerCase();
  if (bytes.length === 0 || name === "" || name === "identity") return bytes;
  const decode = decoders.get(name);
  if (decode === undefined) throw new Error(`the reply is coded as ${name}`);
  return decode(bytes, { maxOutputLength: maxBytes });
}
