import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { certificateFiles } from "../certificates.ts";

const GUIDE = new URL("../../../../docs/guides/nats.md", import.meta.url);
const { cert, key } = certificateFiles("acs");

/** What the server of the guide is proven by. */
export const NATS_CA = cert;

/** The configuration of the guide, in which nothing is changed but where it listens, and where files are. */
export function guidedConfiguration(): string {
  const [, written] = /```nats\n(.*?)```/s.exec(readFileSync(GUIDE, "utf8")) ?? [];
  assert.ok(written !== undefined, "the guide has no configuration of NATS");
  const changes: readonly (readonly [from: string, to: string])[] = [
    ['listen: "0.0.0.0:4222"\n', ""],
    ["/etc/nats/cert.pem", cert],
    ["/etc/nats/key.pem", key],
    ['"/var/lib/nats"', "FOLDER"],
  ];
  return changes.reduce((text, [from, to]) => {
    assert.equal(text.split(from).length, 2, `the guide says once: ${from}`);
    return text.replace(from, to);
  }, written);
}
