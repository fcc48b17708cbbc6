import assert from "node:assert/strict";
import type { ParameterValues } from "@heliograph/protocol";

/** What the ACS gives a device of its own: a login, and what it must ask of connection requests. */
export function credentialsIn(values: ParameterValues) {
  const own = values["Device.ManagementServer."] ?? {};
  const pair = (prefix: string) => {
    const [username, password] = [own[`${prefix}Username`], own[`${prefix}Password`]];
    assert.ok(
      typeof username === "string" && typeof password === "string",
      `${prefix}Username and -Password`,
    );
    return { username, password };
  };
  return { login: pair(""), connectionRequest: pair("ConnectionRequest") };
}
