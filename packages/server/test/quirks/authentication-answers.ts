import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Credentials } from "@heliograph/agent/node";
import { answerChallenge, parseChallenges } from "@heliograph/protocol";
import type { DigestAlgorithm, DigestChallenge } from "@heliograph/protocol";
import type { TempDir } from "@heliograph/testkit";
import { digestHash } from "../../src/southbound/digest-hash.ts";
import { envelopeText } from "../envelopes.ts";
import { credentialsIn } from "../own-credentials.ts";
import { RunningServer } from "../running-server.ts";
import { readCall, type BareDevice, type Headers } from "./bare-device.ts";
import type { BareReply } from "./bare-wire.ts";

export const FIRST_CONTACT: Credentials = { username: "box", password: "shared secret" };

/** A server to which every device must prove who it is. */
export function startClosed(folder: TempDir): Promise<RunningServer> {
  return RunningServer.start(folder, "none", {
    "device-user": FIRST_CONTACT.username,
    "device-password": FIRST_CONTACT.password,
  });
}

/** How a device answers a challenge. */
export interface Manner {
  /** The challenge that it answers; MD5 where not given. */
  readonly to?: "MD5" | "SHA-256";
  /** What it takes the challenge for. */
  readonly as?: Partial<Omit<DigestChallenge, "algorithm">> & {
    readonly algorithm?: DigestAlgorithm | undefined;
  };
  readonly uri?: string;
  readonly nc?: number;
  readonly cnonce?: string;
  /** What becomes of the header before it leaves. */
  readonly written?: (header: string) => string;
}

/** The Authorization header that answers the challenge of a 401. */
export function answerTo(challenged: BareReply, login: Credentials, manner: Manner = {}): Headers {
  assert.equal(challenged.status, 401);
  const { to = "MD5", as = {}, uri = "/", nc = 1, cnonce = randomBytes(8).toString("hex") } = manner;
  const { algorithm, ...challenge } = { ...challengeIn(challenged, to), ...as };
  const answer = answerChallenge(digestHash, {
    challenge: algorithm === undefined ? challenge : { ...challenge, algorithm },
    username: login.username,
    secret: { password: login.password },
    method: "POST",
    ...{ uri, nc, cnonce },
  });
  return { Authorization: manner.written?.(answer) ?? answer };
}

/** Whether a 401 says that only the nonce was wrong. */
export function isStale(challenged: BareReply): boolean {
  return challengeIn(challenged, "MD5").stale;
}

/** The reply to an Inform once its challenge was answered. */
export async function admitted(
  device: BareDevice,
  login: Credentials,
  manner: Manner = {},
): Promise<BareReply> {
  const inform = device.inform({ parameters: MODEL });
  return device.post(inform, answerTo(await device.post(inform, {}), login, manner));
}

/** Has the device come in by first contact, approved, and given credentials of its own, which are the result. */
export async function equipped(
  { client }: RunningServer,
  device: BareDevice,
  manner: Manner = {},
): Promise<Credentials> {
  assert.equal((await admitted(device, FIRST_CONTACT, manner)).status, 200);
  assert.equal((await device.post("")).status, 204);
  assert.equal((await client.devices.get(device.key)).approval, "waiting");
  await client.devices.approve(device.key);
  assert.equal((await admitted(device, FIRST_CONTACT, manner)).status, 200);
  const call = readCall(await device.post(""));
  assert.ok(call.method === "SetParameterValues");
  assert.equal((await device.post(ACCEPTED)).status, 204);
  return credentialsIn(call.params.ParameterList).login;
}

/** A device that says nothing of its data model is not told its credentials, for nobody knows where they belong. */
const MODEL = { "Device.DeviceInfo.SoftwareVersion": "1.0" };
const ACCEPTED = envelopeText(
  "<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>",
);

function challengeIn({ headers }: BareReply, algorithm: "MD5" | "SHA-256"): DigestChallenge {
  const challenges = parseChallenges(headers.get("www-authenticate")?.join(", ") ?? "");
  const found = challenges.find((one) => one.scheme === "digest" && one.algorithm === algorithm);
  assert.ok(found?.scheme === "digest", `a Digest challenge with ${algorithm} is expected`);
  return found;
}
