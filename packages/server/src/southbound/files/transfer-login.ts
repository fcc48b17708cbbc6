import type { IncomingMessage } from "node:http";
import { parseAuthorization, verifyAuthorization, writeChallenge } from "@heliograph/protocol";
import type { BasicAuthorization, DigestAuthorization } from "@heliograph/protocol";
import { REALM, type Clock, type FileLinks, type OperationId, type Random } from "../../ports/index.ts";
import { nonces } from "../cwmp/nonces.ts";
import { last, plain, withHeader, type Reply } from "../cwmp/reply.ts";
import { digestHash, equalInConstantTime } from "../digest-hash.ts";

export interface LoginPorts {
  readonly links: Pick<FileLinks, "passwordOf">;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  /** Whether nobody on the way can read what came: then a password may come in the clear. */
  readonly isPrivate: (request: IncomingMessage) => boolean;
}

/** What a login opens. */
export interface LoginScope {
  readonly scope: string;
  readonly transfer: OperationId;
}

/**
 * Lets devices in to a file by a user name and a password that were made for one transfer, and are good for nothing else.
 * Gives what to answer; undefined where the device has shown them.
 */
export function transferLogin(
  ports: LoginPorts,
): (request: IncomingMessage, to: LoginScope) => Reply | undefined {
  const { clock, random, isPrivate, links } = ports;
  const known = nonces(random);
  return (request, { scope, transfer }) => {
    const { authorization } = request.headers;
    const given = authorization === undefined ? undefined : parseAuthorization(authorization);
    const login = { username: transfer, password: links.passwordOf(scope, transfer) };
    const mayBeRead = isPrivate(request);
    const isRight = given !== undefined && fits(given, login, { method: request.method ?? "", mayBeRead });
    const isStale = isRight && given.scheme === "digest" && !known.spend(given, clock.now());
    if (isRight && !isStale) return undefined;
    return challenge(known.make(clock.now()), { stale: isStale, isBasicAllowed: mayBeRead });
  };
}

interface Login {
  readonly username: string;
  readonly password: string;
}

function fits(
  given: DigestAuthorization | BasicAuthorization,
  { username, password }: Login,
  { method, mayBeRead }: { readonly method: string; readonly mayBeRead: boolean },
): boolean {
  if (given.username !== username) return false;
  if (given.scheme === "basic") return mayBeRead && equalInConstantTime(given.password, password);
  if (given.realm !== REALM || given.qop === "auth-int") return false;
  const algorithm = given.algorithm?.startsWith("SHA-256") === true ? "SHA-256" : "MD5";
  const ha1 = digestHash(algorithm, `${username}:${REALM}:${password}`);
  return verifyAuthorization(digestHash, given, { ha1, algorithm, method, equals: equalInConstantTime });
}

/** MD5 first: old stacks answer the first challenge, or none. */
function challenge(
  nonce: string,
  { stale, isBasicAllowed }: { readonly stale: boolean; readonly isBasicAllowed: boolean },
): Reply {
  const digests = (["MD5", "SHA-256"] as const).map((algorithm) =>
    writeChallenge({ realm: REALM, nonce, qop: ["auth"], algorithm, stale }),
  );
  const basic = isBasicAllowed ? [`Basic realm="${REALM}"`] : [];
  return last(withHeader(plain(401, "authentication required"), "WWW-Authenticate", [...digests, ...basic]));
}
