import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Credentials } from "@heliograph/agent/node";

/** The parameters of a request's Authorization header in their order, as they are written, quotes included. */
export function proofIn(request: string): ReadonlyMap<string, string> {
  const header = /\r\nAuthorization: Digest (.*)\r\n/.exec(request)?.[1];
  assert.ok(header !== undefined, `no Digest in: ${request}`);
  const params = [...header.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|[^",]+)(?:, |$)/g)];
  assert.equal(params.map(([text]) => text).join(""), header, "every parameter can be read");
  return new Map(params.map(([, name = "", value = ""]) => [name, value]));
}

/** Fails unless the proof is that of the login for this very request, by RFC 2069 or RFC 7616 [RFC 7616 3.4.1]. */
export function assertProven(request: string, { username, password }: Credentials): void {
  const proof = proofIn(request);
  const text = (name: string): string =>
    (proof.get(name) ?? "").replace(/^"|"$/g, "").replaceAll(/\\(.)/g, "$1");
  const [algorithm, qop, nonce, cnonce] = ["algorithm", "qop", "nonce", "cnonce"].map(text);
  const h = (...parts: readonly (string | undefined)[]): string =>
    createHash(algorithm?.startsWith("SHA-256") === true ? "sha256" : "md5")
      .update(parts.join(":"), "latin1")
      .digest("hex");
  const uri = text("uri");
  assert.equal(uri, /^GET (\S+) HTTP\/1\.1\r\n/.exec(request)?.[1], "the uri is what is requested");
  assert.equal(text("username"), username);
  const secret = h(username, text("realm"), password);
  const a1 = algorithm?.endsWith("-sess") === true ? h(secret, nonce, cnonce) : secret;
  const a2 = qop === "auth-int" ? h("GET", uri, h("")) : h("GET", uri);
  const expected = qop === "" ? h(a1, nonce, a2) : h(a1, nonce, text("nc"), cnonce, qop, a2);
  assert.equal(text("response"), expected);
}
