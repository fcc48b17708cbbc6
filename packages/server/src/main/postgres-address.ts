import { readFileSync } from "node:fs";
import type { PostgresAddress } from "../store/postgres/connections.ts";
import type { DatabaseSettings } from "./database-url.ts";
import { SettingError } from "./settings.ts";

/** Where the database is, as its driver takes it. Throws {@link SettingError} where the authorities' file cannot be read. */
export function postgresAddress({ tls, ...address }: DatabaseSettings): PostgresAddress {
  if (tls === undefined) return { ...address, ssl: false };
  const ca = tls.rootCert === undefined ? {} : { ca: readAuthorities(tls.rootCert) };
  return { ...address, ssl: { rejectUnauthorized: true, ...ca } };
}

function readAuthorities(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SettingError(`database-url: the file ${path} of sslrootcert cannot be read`, { cause: error });
  }
}
