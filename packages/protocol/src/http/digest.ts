import { parseAuthHeader } from "./auth-header.ts";
import type { AuthScheme } from "./auth-header.ts";

/** Lower-case hexadecimal digest of the text's UTF-8 bytes; handed in, so that the codec needs no library. */
export type Hash = (algorithm: HashAlgorithm, text: string) => string;

export type HashAlgorithm = "MD5" | "SHA-256";
export type DigestAlgorithm = HashAlgorithm | `${HashAlgorithm}-sess`;

/** `auth-int` also covers the body; CWMP uses `auth` [CWMP 1.4 3.4.4]. */
export type DigestQop = "auth" | "auth-int";

/** What a server asks [RFC 7616 3.3]. Fields that the header left out are left out of the answer, too [RFC 2069]. */
export interface DigestChallenge {
  readonly scheme: "digest";
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  /** MD5 where it is not named. */
  readonly algorithm?: DigestAlgorithm;
  /** Empty for a server that knows RFC 2069 only. */
  readonly qop: readonly DigestQop[];
  /** The nonce was too old but the credentials were right: answer again without asking anybody. */
  readonly stale: boolean;
}

export type Challenge =
  | DigestChallenge
  | { readonly scheme: "basic"; readonly realm: string }
  | { readonly scheme: "other"; readonly name: string };

/** What a client answers [RFC 7616 3.4]; texts as they were sent. */
export interface DigestAuthorization {
  readonly scheme: "digest";
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  /** The request target as the client says it; the caller decides how far it must equal the real one. */
  readonly uri: string;
  readonly response: string;
  readonly opaque?: string;
  readonly algorithm?: DigestAlgorithm;
  readonly qop?: DigestQop;
  /** Eight hexadecimal digits that rise with each use of the nonce. */
  readonly nc?: string;
  readonly cnonce?: string;
}

export interface BasicAuthorization {
  readonly scheme: "basic";
  readonly username: string;
  readonly password: string;
}

const ALGORITHMS: ReadonlyMap<string, DigestAlgorithm> = new Map(
  (["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"] as const).map((name) => [name.toLowerCase(), name]),
);

/** All challenges of one or several WWW-Authenticate headers, in their order; `other` for what cannot be answered. */
export function parseChallenges(header: string): readonly Challenge[] {
  return parseAuthHeader(header).map(readChallenge);
}

/** The first Digest challenge that can be answered, which is the one its server prefers [RFC 7616 3.7]. */
export function chooseDigest(challenges: readonly Challenge[]): DigestChallenge | undefined {
  return challenges.find((challenge) => challenge.scheme === "digest");
}

function readChallenge({ scheme, params }: AuthScheme): Challenge {
  if (scheme === "basic") return { scheme, realm: params.get("realm") ?? "" };
  const nonce = params.get("nonce");
  const algorithm = readAlgorithm(params);
  const qop = readQops(params);
  if (scheme !== "digest" || nonce === undefined || algorithm === "unknown" || qop === "unknown") {
    return { scheme: "other", name: scheme };
  }
  return {
    scheme,
    realm: params.get("realm") ?? "",
    nonce,
    qop,
    stale: params.get("stale")?.toLowerCase() === "true",
    ...given("opaque", params.get("opaque")),
    ...given("algorithm", algorithm),
  };
}

function readAlgorithm(params: ReadonlyMap<string, string>): DigestAlgorithm | "unknown" | undefined {
  const name = params.get("algorithm");
  return name === undefined || name === "" ? undefined : (ALGORITHMS.get(name.toLowerCase()) ?? "unknown");
}

function readQops(params: ReadonlyMap<string, string>): readonly DigestQop[] | "unknown" {
  const names = (params.get("qop") ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((name) => name !== "");
  const known = names.filter(isQop);
  return names.length > 0 && known.length === 0 ? "unknown" : known;
}

function isQop(name: string): name is DigestQop {
  return name === "auth" || name === "auth-int";
}

/** The credentials of an Authorization header; undefined where they are malformed or of another scheme. */
export function parseAuthorization(header: string): DigestAuthorization | BasicAuthorization | undefined {
  const [first] = parseAuthHeader(header);
  switch (first?.scheme) {
    case "digest":
      return readDigest(first.params);
    case "basic":
      return readBasic(first.credentials);
    default:
      return undefined;
  }
}

function readDigest(params: ReadonlyMap<string, string>): DigestAuthorization | undefined {
  const [username, nonce, uri] = [params.get("username"), params.get("nonce"), params.get("uri")];
  const response = params.get("response");
  const algorithm = readAlgorithm(params);
  const qop = (params.get("qop") ?? "").toLowerCase();
  if (username === undefined || nonce === undefined || uri === undefined || response === undefined) {
    return undefined;
  }
  if (algorithm === "unknown" || (qop !== "" && !isQop(qop))) return undefined;
  const [opaque, nc, cnonce] = [params.get("opaque"), params.get("nc"), params.get("cnonce")];
  return {
    scheme: "digest",
    username,
    realm: params.get("realm") ?? "",
    nonce,
    uri,
    response: response.toLowerCase(),
    ...(opaque === undefined ? {} : { opaque }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(qop === "" ? {} : { qop }),
    ...(nc === undefined ? {} : { nc }),
    ...(cnonce === undefined ? {} : { cnonce }),
  };
}

const BASE64 = /^(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}(?:==)?|[0-9A-Za-z+/]{3}=?)?$/;

function readBasic(credentials: string): BasicAuthorization | undefined {
  if (credentials === "" || !BASE64.test(credentials)) return undefined;
  const bytes = Uint8Array.from(atob(credentials), (character) => character.charCodeAt(0));
  const text = new TextDecoder().decode(bytes);
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { scheme: "basic", username: text.slice(0, colon), password: text.slice(colon + 1) };
}

export interface Credentials {
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  /** MD5 where it is not given. */
  readonly algorithm?: DigestAlgorithm;
}

/** What may be stored in place of a password: good for its realm and its hash function only [RFC 7616 3.4.2]. */
export function ha1(hash: Hash, credentials: Credentials): string {
  const { username, realm, password } = credentials;
  return hash(hashOf(credentials.algorithm), `${username}:${realm}:${password}`);
}

export interface DigestQuestion {
  /** From {@link ha1}; the session variants derive theirs from it. */
  readonly ha1: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  readonly algorithm?: DigestAlgorithm | undefined;
  readonly qop?: DigestQop | undefined;
  readonly nc?: string | undefined;
  readonly cnonce?: string | undefined;
  /** Counts with `auth-int` only. */
  readonly body?: string | undefined;
}

/** The `response` value, with or without quality of protection [RFC 7616 3.4.1, RFC 2617 3.2.2.1]. */
export function digestResponse(hash: Hash, question: DigestQuestion): string {
  const { method, uri, nonce, qop, nc = "", cnonce = "", body = "" } = question;
  const h = (text: string): string => hash(hashOf(question.algorithm), text);
  const isSession = question.algorithm?.endsWith("-sess") === true;
  const a1 = isSession ? h(`${question.ha1}:${nonce}:${cnonce}`) : question.ha1;
  const a2 = h(qop === "auth-int" ? `${method}:${uri}:${h(body)}` : `${method}:${uri}`);
  return h(qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}`);
}

function hashOf(algorithm: DigestAlgorithm | undefined): HashAlgorithm {
  return algorithm?.startsWith("SHA-256") === true ? "SHA-256" : "MD5";
}

export interface ChallengeAnswer {
  readonly challenge: DigestChallenge;
  readonly username: string;
  /** The password, or the HA1 made of it for this realm and hash function. */
  readonly secret: { readonly password: string } | { readonly ha1: string };
  readonly method: string;
  readonly uri: string;
  /** Fresh for each answer, from a good source. */
  readonly cnonce: string;
  /** 1 for the first use of a nonce. */
  readonly nc: number;
  readonly body?: string;
}

/**
 * The Authorization header for a challenge. `auth` is preferred to `auth-int`; a challenge without `qop` is answered as
 * RFC 2069 has it, without `qop`, `nc` and `cnonce`, which old devices refuse.
 */
export function answerChallenge(hash: Hash, answer: ChallengeAnswer): string {
  const { challenge, username, secret, method, uri, cnonce, body } = answer;
  const { realm, nonce, algorithm } = challenge;
  const qop = challenge.qop.includes("auth") ? "auth" : challenge.qop[0];
  const nc = answer.nc.toString(16).padStart(8, "0");
  const a1 =
    "ha1" in secret
      ? secret.ha1
      : ha1(hash, { username, realm, password: secret.password, ...given("algorithm", algorithm) });
  const response = digestResponse(hash, { ha1: a1, method, uri, nonce, algorithm, qop, nc, cnonce, body });
  const needsCnonce = qop !== undefined || algorithm?.endsWith("-sess") === true;
  return writeHeader([
    ["username", quote(username)],
    ["realm", quote(realm)],
    ["nonce", quote(nonce)],
    ["uri", quote(uri)],
    ["response", quote(response)],
    ["algorithm", algorithm],
    ["opaque", challenge.opaque === undefined ? undefined : quote(challenge.opaque)],
    ["qop", qop],
    ["nc", qop === undefined ? undefined : nc],
    ["cnonce", needsCnonce ? quote(cnonce) : undefined],
  ]);
}

/** The WWW-Authenticate header of a Digest challenge. */
export function writeChallenge(challenge: Omit<DigestChallenge, "scheme">): string {
  return writeHeader([
    ["realm", quote(challenge.realm)],
    ["qop", challenge.qop.length === 0 ? undefined : quote(challenge.qop.join(","))],
    ["nonce", quote(challenge.nonce)],
    ["opaque", challenge.opaque === undefined ? undefined : quote(challenge.opaque)],
    ["algorithm", challenge.algorithm],
    ["stale", challenge.stale ? "true" : undefined],
  ]);
}

export interface ExpectedDigest {
  readonly ha1: string;
  /** The hash function that the HA1 was made with: an answer by another one is not right. */
  readonly algorithm: HashAlgorithm;
  readonly method: string;
  readonly body?: string;
  /** Compares two texts in constant time. */
  readonly equals: (given: string, expected: string) => boolean;
}

/**
 * Whether the response fits the credentials. Says nothing of the nonce's age, its count, the realm or the uri: those are
 * the caller's to check against what it asked.
 */
export function verifyAuthorization(
  hash: Hash,
  authorization: DigestAuthorization,
  expected: ExpectedDigest,
): boolean {
  const { uri, nonce, algorithm, qop, nc, cnonce } = authorization;
  const { method, body } = expected;
  if (hashOf(algorithm) !== expected.algorithm) return false;
  if (qop !== undefined && (nc === undefined || cnonce === undefined)) return false;
  const question = { ha1: expected.ha1, method, uri, nonce, algorithm, qop, nc, cnonce, body };
  return expected.equals(authorization.response, digestResponse(hash, question));
}

/** The Authorization header of Basic, for the device's side of a first contact over TLS [RFC 7617]. */
export function basicAuthorization(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function writeHeader(params: readonly (readonly [name: string, value: string | undefined])[]): string {
  const written = params
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value ?? ""}`);
  return `Digest ${written.join(", ")}`;
}

const PLAIN = /^[ !#-[\]-~]*$/;

/** Control characters, which could end the header, are dropped; from U+0080 on they are bytes of letters. */
function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return `"${text.replaceAll(/[\p{Cc}--[\u0080-\u009f]]/gv, "").replaceAll(/["\\]/g, "\\$&")}"`;
}

function given<N extends string, V>(name: N, value: V | undefined): { readonly [K in N]?: V };
function given(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [name]: value };
}
