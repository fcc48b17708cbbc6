import { createHash } from "node:crypto";
import { Agent } from "node:http";
import { answerChallenge, chooseDigest, parseChallenges } from "@heliograph/protocol";
import type { DigestChallenge, Hash } from "@heliograph/protocol";
import type { QuirkValue, Random, WakeOutcome } from "../../ports/index.ts";
import type { WakeTrace } from "../trace/wake-trace.ts";
import { get } from "./http-get.ts";
import type { Get, Got } from "./http-get.ts";
import type { Target } from "./target.ts";

/** What a device's connection request server expects. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface ConnectionRequest {
  readonly target: Target;
  readonly address: string;
  /** In the order they are tried; a device may hold either while new ones are on their way to it. */
  readonly logins: readonly Login[];
  /** Whether a password may leave in the clear: a person has said so of this device, or of its model. */
  readonly basic: QuirkValue<"basic-connection-requests">;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly trace?: WakeTrace | undefined;
}

/** How it went; when it was is the caller's to add. */
export type Outcome = Omit<WakeOutcome, "at">;

/**
 * Asks a device to open a session: an HTTP GET, answered by Digest where it is challenged [CWMP 1.4 3.2.2]. Passwords do not
 * leave in the clear, unless a person has allowed it for the device.
 */
export async function requestConnection(request: ConnectionRequest): Promise<Outcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { target, address, signal, trace } = request;
  try {
    const plan: Get = { target, address, agent, signal, trace };
    const asked = `asked ${authority(target, address)}`;
    const first = await get(plan);
    if (!isChallenge(first)) return settle(first, `${asked} without authentication`);
    return await answer(request, { plan, first, asked });
  } finally {
    agent.destroy();
  }
}

interface Asked {
  readonly plan: Get;
  readonly first: Challenge;
  readonly asked: string;
}

type Challenge = Extract<Got, { readonly type: "reply" }>;

async function answer(request: ConnectionRequest, { plan, first, asked }: Asked): Promise<Outcome> {
  let challenge = chooseDigest(parseChallenges(first.challenges));
  if (challenge === undefined) return withoutDigest(request, { plan, first, asked });
  const [login] = request.logins;
  if (login === undefined) {
    const detail = `${asked}; it wants Digest authentication, and there are no credentials yet`;
    return { result: "impossible", status: 401, detail };
  }
  const said = `${asked} by Digest`;
  for (const candidate of request.logins) {
    const reply = await get({ ...plan, authorization: authorize(request, challenge, candidate) });
    if (!isChallenge(reply)) return settle(reply, said);
    challenge = chooseDigest(parseChallenges(reply.challenges)) ?? challenge;
    if (!challenge.stale) continue;
    const again = await get({ ...plan, authorization: authorize(request, challenge, candidate) });
    if (!isChallenge(again)) return settle(again, said);
    challenge = chooseDigest(parseChallenges(again.challenges)) ?? challenge;
  }
  return { result: "unauthorized", status: 401, detail: `${said}; it refused the credentials with 401` };
}

function authorize({ target, random }: ConnectionRequest, challenge: DigestChallenge, login: Login): string {
  const { username, password } = login;
  return answerChallenge(headerHash, {
    challenge,
    username,
    secret: { password },
    method: "GET",
    uri: target.path,
    cnonce: random.hex(8),
    nc: 1,
  });
}

/** Over the bytes that the device sent: a header is read as one character to each, in whatever charset its realm is. */
const headerHash: Hash = (algorithm, text) =>
  createHash(algorithm === "MD5" ? "md5" : "sha256")
    .update(text, "latin1")
    .digest("hex");

function isChallenge(got: Got): got is Challenge {
  return got.type === "reply" && got.status === 401;
}

function settle(got: Got, said: string): Outcome {
  if (got.type === "failed") return { result: "unreachable", detail: `${said}; ${got.why}` };
  const { status } = got;
  if (status === 200 || status === 204) {
    return { result: "accepted", status, detail: `${said}; it answered ${status}` };
  }
  if (status === 503) {
    const detail = `${said}; it answered 503: it is busy, or its proxy cannot reach it`;
    return { result: "busy", status, detail };
  }
  const redirect = status >= 300 && status < 400 ? ", which is not followed" : "";
  return { result: "refused", status, detail: `${said}; it answered ${status}${redirect}` };
}

/** By Basic, in turn with every login, where that is allowed. */
async function withoutDigest(
  { basic, logins }: ConnectionRequest,
  { plan, first: { challenges, status }, asked }: Asked,
): Promise<Outcome> {
  const wantsBasic = parseChallenges(challenges).some(({ scheme }) => scheme === "basic");
  if (wantsBasic && basic === "allowed" && logins.length > 0) {
    for (const login of logins) {
      const reply = await get({ ...plan, authorization: basicAuthorization(login) });
      if (!isChallenge(reply)) return settle(reply, `${asked} by Basic`);
    }
    return {
      result: "unauthorized",
      status,
      detail: `${asked} by Basic; it refused the credentials with 401`,
    };
  }
  const why = wantsBasic
    ? "it wants Basic authentication, which would give the password away on the way, so none was sent"
    : "it answered 401 without a challenge that can be answered";
  return { result: "refused", status, detail: `${asked}; ${why}` };
}

function basicAuthorization({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}

function authority({ port, host }: Target, address: string): string {
  const at = `${address.includes(":") ? `[${address}]` : address}:${port}`;
  return host === address ? at : `${at} (${host})`;
}
