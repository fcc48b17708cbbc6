import { createHash, randomBytes } from "node:crypto";

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The Authorization header that answers a challenge; undefined where the kit does not know its scheme [RFC 7616]. */
export function authorize(challenge: string, login: Login, uri: string): string | undefined {
  if (/^\s*Basic\b/i.test(challenge)) {
    return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`;
  }
  const fields = new Map(
    [...challenge.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/g)].map(
      ([, name = "", quoted, bare = ""]) => [name.toLowerCase(), quoted ?? bare],
    ),
  );
  const algorithm = fields.get("algorithm") ?? "MD5";
  if (!/^\s*Digest\b/i.test(challenge) || !/^(md5|sha-256)$/i.test(algorithm)) return undefined;
  return digest({ fields, algorithm, uri, login });
}

interface Given {
  readonly fields: ReadonlyMap<string, string>;
  readonly algorithm: string;
  readonly uri: string;
  readonly login: Login;
}

function digest({ fields, algorithm, uri, login }: Given): string {
  const hash = (text: string): string =>
    createHash(/md5/i.test(algorithm) ? "md5" : "sha256")
      .update(text)
      .digest("hex");
  const [realm = "", nonce = "", opaque] = ["realm", "nonce", "opaque"].map((name) => fields.get(name));
  const cnonce = randomBytes(8).toString("hex");
  const secret = hash(`${login.user}:${realm}:${login.password}`);
  const response = hash(`${secret}:${nonce}:00000001:${cnonce}:auth:${hash(`POST:${uri}`)}`);
  const quoted = {
    username: login.user,
    realm,
    nonce,
    uri,
    response,
    cnonce,
    ...(opaque === undefined ? {} : { opaque }),
  };
  const pairs = Object.entries(quoted).map(([name, value]) => `${name}="${value}"`);
  return `Digest ${pairs.join(", ")}, algorithm=${algorithm}, qop=auth, nc=00000001`;
}
