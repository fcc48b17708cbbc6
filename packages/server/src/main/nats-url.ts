/** Where NATS is. */
export interface NatsSettings {
  readonly host: string;
  readonly port: number;
  readonly login?: { readonly user: string; readonly password: string };
  /** Left out, there is no TLS; `ca` is the path of a PEM file. */
  readonly tls?: { readonly ca?: string };
}

export type NatsUrl =
  | { readonly ok: true; readonly settings: NatsSettings }
  /** What is wrong with it, without what it says: there may be a password in it. */
  | { readonly ok: false; readonly problem: string };

const PARAMETERS: ReadonlySet<string> = new Set(["ca"]);
const EXAMPLE = "tls://user:password@host:4222";
const NATS_PORT = 4222;

/** Reads a URL as NATS's own programs take it, with the authorities of its server in `ca`. */
export function readNatsUrl(text: string): NatsUrl {
  const url = URL.parse(text);
  if (url === null || !/^(?:nats|tls):$/.test(url.protocol)) return refuse(`must be like ${EXAMPLE}`);
  const strange = [...url.searchParams.keys()].find((name) => !PARAMETERS.has(name));
  if (strange !== undefined) return refuse(`has an unknown parameter "${strange}"`);
  if (url.hostname === "") return refuse("names no host: localhost, for one on this machine");
  if (url.pathname !== "" && url.pathname !== "/") return refuse(`has more behind its port than ${EXAMPLE}`);
  if ((url.username === "") !== (url.password === "")) {
    return refuse("must name both a user and a password, or neither");
  }
  const ca = url.searchParams.get("ca");
  if (ca !== null && url.protocol !== "tls:") return refuse("says ca without TLS: begin it with tls://");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const tls = url.protocol === "tls:" ? { tls: ca === null ? {} : { ca } } : {};
  return { ok: true, settings: { host, port: Number(url.port || NATS_PORT), ...loginOf(url), ...tls } };
}

function loginOf({ username, password }: URL): Pick<NatsSettings, "login"> {
  if (username === "") return {};
  return { login: { user: decoded(username), password: decoded(password) } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // What is no escape stands for itself.
    return text;
  }
}

function refuse(problem: string): NatsUrl {
  return { ok: false, problem };
}
