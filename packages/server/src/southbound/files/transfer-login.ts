import type { IncomingMessage } from "node:http";
import { parseAuthorization, verifyAuthorization, writeChallenge } from "@heliograph/protocol";
import type { BasicAuthorization, DigestAuthorization } from "@heliograph/protocol";
import { gatewayId, REALM, type FileLinks, type OperationId } from "../../ports/index.ts";
import { SharedNonces, type NoncePorts } from "../cwmp/shared-nonces.ts";
import { last, plain, withHeader, type Reply } from "../cwmp/reply.ts";
import { digestHash, equalInConstantTime } from "../digest-hash.ts";

export interface LoginPorts extends NoncePorts {
  readonly links: Pick<FileLinks, "passwordOf">;
  /** Whether nobody on the way can read what came: then a password may come in the clear. */
  readonly isPrivate: (request: IncomingMessage) => boolean;
}

/** What a login opens. */
export interface LoginScope {
  readonly scope: string;
  readonly transfer: OperationId;
}

export interface TransferLogin {
  /** What to answer; undefined where the device has shown them. */
  ask(request: IncomingMessage, to: LoginScope): Promise<Reply | undefined>;
  close(): void;
}

const MAKER_BYTES = 4;

/**
 * Lets devices in to a file by a user name and a password that were made for one transfer, and are good for nothing else. A
 * challenge of one process may be answered at another: a device may open a connection for each request.
 */
export function transferLogin(ports: LoginPorts): TransferLogin {
  const { random, isPrivate, links } = ports;
  const known = new SharedNonces(ports, gatewayId(random.hex(MAKER_BYTES)));
  return {
    async ask(request, { scope, transfer }) {
      const { authorization } = request.headers;
      const given = authorization === undefined ? undefined : parseAuthorization(authorization);
      const login = { username: transfer, password: links.passwordOf(scope, transfer) };
      const mayBeRead = isPrivate(request);
      const isRight = given !== undefined && fits(given, login, { method: request.method ?? "", mayBeRead });
      const isStale = isRight && given.scheme === "digest" && !(await isGood(given, known));
      if (isRight && !isStale) return undefined;
      return challenge(known.make(), { stale: isStale, isBasicAllowed: mayBeRead });
    },
    close() {
      known.close();
    },
  };
}

async function isGood(answer: DigestAuthorization, known: SharedNonces): Promise<boolean> {
  return known.isForeign(answer) ? known.askMaker(answer) : known.spend(answer);
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
