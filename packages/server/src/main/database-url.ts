/** Where the store's database is. */
export interface DatabaseSettings {
  /** A host, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Left out, user and password are as PostgreSQL's own environment and password file say. */
  readonly user?: string;
  readonly password?: string;
  /** Left out, there is no TLS. */
  readonly tls?: { readonly rootCert?: string };
}

export type DatabaseUrl =
  | { readonly ok: true; readonly settings: DatabaseSettings }
  /** What is wrong with it, without what it says: there may be a password in it. */
  | { readonly ok: false; readonly problem: string };

const PARAMETERS: ReadonlySet<string> = new Set(["host", "sslmode", "sslrootcert"]);
const EXAMPLE = "postgres://user:password@host:5432/database";

/** Reads a URL as PostgreSQL's own programs take it, as far as it says what is safe. */
export function readDatabaseUrl(text: string): DatabaseUrl {
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) return refuse(`must be like ${EXAMPLE}`);
  const strange = [...url.searchParams.keys()].find((name) => !PARAMETERS.has(name));
  if (strange !== undefined) return refuse(`has an unknown parameter "${strange}"`);
  const [database, ...rest] = decoded(url.pathname.slice(1)).split("/");
  if (database === undefined || database === "" || rest.length > 0) {
    return refuse(`names no database: it must be like ${EXAMPLE}`);
  }
  const host = url.searchParams.get("host") ?? decoded(url.hostname).replace(/^\[(.*)\]$/, "$1");
  if (host === "") return refuse("names no host: localhost, for one on this machine");
  const tls = tlsOf(url.searchParams);
  if (tls === "unsafe")
    return refuse("must say sslmode=verify-full, or sslmode=disable: nothing between is safe");
  return { ok: true, settings: { host, port: Number(url.port || 5432), database, ...loginOf(url), ...tls } };
}

/** Whether what is said to the database stays on this machine, or nobody can listen in. */
export function isPrivate({ host, tls }: DatabaseSettings, isLoopback: (host: string) => boolean): boolean {
  return tls !== undefined || host.startsWith("/") || isLoopback(host);
}

function tlsOf(parameters: URLSearchParams): Pick<DatabaseSettings, "tls"> | "unsafe" {
  const rootCert = parameters.get("sslrootcert");
  switch (parameters.get("sslmode")) {
    case "verify-full":
      return { tls: rootCert === null ? {} : { rootCert } };
    case "disable":
    case null:
      return {};
    default:
      return "unsafe";
  }
}

function loginOf({ username, password }: URL): Pick<DatabaseSettings, "user" | "password"> {
  return {
    ...(username === "" ? {} : { user: decoded(username) }),
    ...(password === "" ? {} : { password: decoded(password) }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // What is no escape stands for itself.
    return text;
  }
}

function refuse(problem: string): DatabaseUrl {
  return { ok: false, problem };
}
