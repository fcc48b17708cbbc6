import { lookup } from "node:dns/promises";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP } from "node:net";
import type { Letter, LetterOutcome, LetterSender } from "../ports/index.ts";
import { includes, parseNetwork, plainAddress, type Network } from "../southbound/address.ts";
import { isLoopback, SettingError } from "./settings.ts";
import type { WebhookSeal } from "./webhook-secrets.ts";

export interface LetterRules {
  readonly seal: WebhookSeal;
  /** The `webhook-networks` setting: where letters may go besides public addresses. */
  readonly networks: readonly string[];
  readonly timeoutMs: number;
}

/** Nobody's, or somebody's inside: no webhook can aim the ACS at them, unless the setting means them. */
const INSIDE = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"],
  ...[
    "::/127",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
  ],
].map(networkOf);

/** Sends letters by POST, to the address that was looked at; follows nowhere, and reads no body. */
export function letterSender({ seal, networks, timeoutMs }: LetterRules): LetterSender {
  const allowed = networks.map(networkOf);
  return {
    async send(letter) {
      const url = URL.parse(letter.url);
      if (url === null) return failed("its URL is none");
      if (url.protocol !== "https:" && !isLoopback(hostOf(url)))
        return failed("off loopback its URL must be https");
      const signal = AbortSignal.timeout(timeoutMs);
      const address = await addressOf(hostOf(url), signal);
      if (address === undefined) return failed("its host has no address");
      if (includes(INSIDE, address) && !includes(allowed, address)) {
        return failed("its address is not public, and not in webhook-networks");
      }
      return post({ letter, url, address, signature: seal.sign(letter), signal });
    },
  };
}

interface Posting {
  readonly letter: Letter;
  readonly url: URL;
  readonly address: string;
  readonly signature: string;
  readonly signal: AbortSignal;
}

function post({ letter, url, address, signature, signal }: Posting): Promise<LetterOutcome> {
  const { promise, resolve } = Promise.withResolvers<LetterOutcome>();
  const isPlain = url.protocol === "http:";
  const host = hostOf(url);
  const outgoing = (isPlain ? plainRequest : tlsRequest)({
    host: address,
    port: url.port === "" ? (isPlain ? 80 : 443) : Number(url.port),
    path: url.pathname + url.search,
    method: "POST",
    agent: false,
    signal,
    setHost: false,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    headers: {
      Host: url.host,
      "User-Agent": "heliograph",
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(letter.body),
      "Heliograph-Webhook": letter.id,
      "Heliograph-Signature": signature,
      ...(letter.traceparent === undefined ? {} : { traceparent: letter.traceparent }),
    },
  });
  outgoing.on("error", (error) => {
    resolve(failed(signal.aborted ? "it gave no answer in time" : reasonOf(error)));
  });
  outgoing.on("close", () => {
    resolve(failed("it closed the connection without an answer"));
  });
  outgoing.on("response", (answer) => {
    const { statusCode: status = 0 } = answer;
    answer.destroy();
    resolve(status >= 200 && status < 300 ? { type: "taken" } : failed(`it answered ${status}`));
  });
  outgoing.end(letter.body);
  return promise;
}

async function addressOf(host: string, signal: AbortSignal): Promise<string | undefined> {
  const literal = plainAddress(host);
  if (literal !== undefined) return literal;
  const late = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => {
    late.resolve(undefined);
  });
  const found = await Promise.race([lookup(host).catch(() => undefined), late.promise]);
  return found === undefined ? undefined : plainAddress(found.address);
}

/** Without the brackets of an IPv6 address. */
function hostOf({ hostname }: URL): string {
  return plainAddress(hostname) ?? hostname;
}

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (network === undefined) throw new SettingError(`webhook-networks must be networks; one is "${text}"`);
  return network;
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "nothing listens there"],
  ["ECONNRESET", "it closed the connection without an answer"],
  ["EHOSTUNREACH", "no way leads there"],
  ["ENETUNREACH", "no way leads there"],
]);

function reasonOf(error: Error): string {
  const code = "code" in error ? String(error.code) : "";
  return (
    REASONS.get(code) ?? (code.includes("CERT") ? "its certificate is not valid" : "the connection failed")
  );
}

function failed(reason: string): LetterOutcome {
  return { type: "failed", reason };
}
