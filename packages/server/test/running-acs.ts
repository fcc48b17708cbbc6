import assert from "node:assert/strict";
import { createClient, type Client } from "@heliograph/api/client";
import { tempDir } from "@heliograph/testkit";
import { startServer, type RunningServer } from "../src/main/server.ts";
import { readSettings } from "../src/main/settings.ts";
import type { Store } from "../src/ports/index.ts";

export interface RunningAcs extends AsyncDisposable {
  /** Where devices call. */
  readonly url: string;
  readonly client: Client;
  readonly store: Store;
  readonly udp: RunningServer["udp"];
}

/** What devices log in with for the first time; left out, those of this machine enrol themselves. */
export interface FirstContact {
  readonly username: string;
  readonly password: string;
}

/** The ACS as it is shipped, in this process, on free ports and with a data folder of its own; `more`: further settings. */
export async function runAcs(
  firstContact?: FirstContact,
  more: Readonly<Record<string, string>> = {},
): Promise<RunningAcs> {
  const directory = tempDir();
  const login =
    firstContact === undefined
      ? {}
      : {
          "open-enrolment": "none",
          "device-user": firstContact.username,
          "device-password": firstContact.password,
        };
  const flags = {
    data: directory.path,
    southbound: "127.0.0.1:0",
    northbound: "127.0.0.1:0",
    ...login,
    ...more,
  };
  const stores: Store[] = [];
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }), {
    store: (store) => {
      stores.push(store);
      return store;
    },
  });
  const [store] = stores;
  assert.ok(store !== undefined);
  return {
    url: server.acsUrl,
    client: createClient({ url: server.northboundUrl, token: server.token }),
    store,
    udp: server.udp,
    async [Symbol.asyncDispose]() {
      await server.close();
      directory[Symbol.dispose]();
    },
  };
}
