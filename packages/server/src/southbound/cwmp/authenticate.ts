import { parseAuthorization, verifyAuthorization } from "@heliograph/protocol";
import type { BasicAuthorization, DigestAuthorization } from "@heliograph/protocol";
import { REALM } from "../../ports/index.ts";
import type { DeviceSecrets, Ha1 } from "../../ports/index.ts";
import { digestHash, equalInConstantTime } from "../digest-hash.ts";

/** What an Inform brings to prove that it comes from the device it names. */
export interface Proof {
  /** The Authorization header; undefined where there is none. */
  readonly authorization: string | undefined;
  /** Whose certificate came with it, seen from the device it names; undefined where none did that is a device's. */
  readonly certificate?: "own" | "foreign" | undefined;
  /** Whether a right answer is to a nonce of ours, not too old, and was not given for another Inform. */
  readonly accepts: (answer: DigestAuthorization) => boolean;
  /** Finds out what `accepts` could not know and took for granted; undefined where there is nothing of that kind. */
  readonly unsure?: () => Promise<void> | undefined;
  /** Whether the way it came hides a password: TLS, or not leaving the machine. */
  readonly basicAllowed: boolean;
  /** Whether open enrolment covers the address it came from. */
  readonly covered: boolean;
  /** Whether the Inform says `0 BOOTSTRAP`: the device starts from nothing. */
  readonly bootstrap: boolean;
}

/** A user name with the hashes of its password in our realm. */
export type Login = Pick<DeviceSecrets, "username" | "ha1">;

/** The logins that may be right for the device that the Inform names. */
export interface Logins {
  readonly confirmed?: Login | undefined;
  readonly staged?: Login | undefined;
  /** The shared secret for devices without credentials of their own; undefined where none is set. */
  readonly firstContact?: Login | undefined;
  /** Hashes a password that came in the clear. */
  readonly ha1: (username: string, password: string) => Ha1;
}

/**
 * Who the device is. `confirmed`, `staged`: by its own credentials; `certificate`: by its certificate; `covered`: by open
 * enrolment; `first-contact`: by the shared secret. `challenge`: it has yet to say. `refused`: what it said is wrong.
 * `foreign`: its certificate is another device's, so that nothing it says can be right.
 */
export type Verdict =
  | { readonly type: "confirmed" | "staged" | "certificate" | "covered" | "first-contact" | "foreign" }
  | { readonly type: "challenge"; readonly stale: boolean }
  | {
      readonly type: "refused";
      readonly reason: string;
      /** Whether the first-contact secret was tried, and would have made it right. */
      readonly guessed: boolean;
    };

/**
 * A device's own credentials come first, since their use confirms what was sent to it; its certificate is as good. Without
 * either, open enrolment and the first-contact secret count only for a device that has no credentials that are confirmed, or
 * says that it starts from nothing.
 */
export function authenticate(proof: Proof, logins: Logins): Verdict {
  if (proof.certificate === "foreign") return { type: "foreign" };
  const given = proof.authorization === undefined ? undefined : parseAuthorization(proof.authorization);
  const mayEnrol = logins.confirmed === undefined || proof.bootstrap;
  const owner = given === undefined ? undefined : ownerOf(given, { proof, logins, mayEnrol });
  const isCertified = proof.certificate === "own";
  if (given !== undefined && owner !== undefined) {
    const isAccepted = given.scheme === "basic" || proof.accepts(given);
    if (isAccepted) return { type: owner };
    if (!isCertified) return { type: "challenge", stale: true };
  }
  if (isCertified) return { type: "certificate" };
  if (mayEnrol && proof.covered) return { type: "covered" };
  if (proof.authorization === undefined) return { type: "challenge", stale: false };
  const reason = reasonOf(given, proof);
  return { type: "refused", reason, guessed: mayEnrol && reason === WRONG };
}

type Authorization = DigestAuthorization | BasicAuthorization;

interface Means {
  readonly proof: Proof;
  readonly logins: Logins;
  readonly mayEnrol: boolean;
}

/** Whose credentials these are; the shared ones say nothing where a certificate or open enrolment has the device in anyway. */
function ownerOf(given: Authorization, means: Means): "confirmed" | "staged" | "first-contact" | undefined {
  const { logins, proof, mayEnrol } = means;
  if (fits(given, logins.confirmed, means)) return "confirmed";
  if (fits(given, logins.staged, means)) return "staged";
  const isIn = proof.covered || proof.certificate !== undefined;
  if (mayEnrol && !isIn && fits(given, logins.firstContact, means)) return "first-contact";
  return undefined;
}

function fits(given: Authorization, login: Login | undefined, { proof, logins }: Means): boolean {
  if (login === undefined || !isNamed(given, login)) return false;
  if (given.scheme === "basic") {
    const { username, password } = given;
    return (
      proof.basicAllowed &&
      equalInConstantTime(logins.ha1(username, password)["SHA-256"], login.ha1["SHA-256"])
    );
  }
  if (given.realm !== REALM || given.qop === "auth-int") return false;
  const algorithm = hashOf(given);
  const expected = {
    ha1: login.ha1[algorithm],
    algorithm,
    method: "POST",
    equals: equalInConstantTime,
  } as const;
  return verifyAuthorization(digestHash, given, expected);
}

/** The name as it is, or hashed, which hides it from those on the way [RFC 7616 3.4.4]. */
function isNamed(given: Authorization, { username }: Login): boolean {
  if (given.username === username) return true;
  return given.scheme === "digest" && given.username === digestHash(hashOf(given), `${username}:${REALM}`);
}

function hashOf({ algorithm }: DigestAuthorization): "MD5" | "SHA-256" {
  return algorithm?.startsWith("SHA-256") === true ? "SHA-256" : "MD5";
}

const WRONG = "wrong credentials";

/** For the log and the audit: says what was wrong, never what was given. */
function reasonOf(given: Authorization | undefined, proof: Proof): string {
  if (given === undefined) return "malformed Authorization header";
  if (given.scheme === "basic" && !proof.basicAllowed) return "Basic without TLS";
  if (given.scheme === "digest" && given.qop === "auth-int") return "auth-int, which was not offered";
  return WRONG;
}
