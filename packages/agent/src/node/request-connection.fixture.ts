import assert from "node:assert/strict";
import type { Credentials } from "../credentials.ts";
import { Authenticator } from "./authenticator.ts";

/** Asks a device to connect, as its ACS does; gives the status of its answer. */
export async function requestConnection(url: string, credentials: Credentials): Promise<number> {
  const authenticator = new Authenticator({ credentials, allowBasic: false });
  const { headers } = await fetch(url);
  assert.ok(authenticator.challenged(headers.get("www-authenticate") ?? ""));
  const authorization = authenticator.authorization({ method: "GET", uri: new URL(url).pathname }) ?? "";
  return (await fetch(url, { headers: { authorization } })).status;
}
