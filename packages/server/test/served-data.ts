import { createClient, type Client } from "@heliograph/api/client";
import { LockstepDevice } from "@heliograph/testkit";
import { startServer } from "../src/main/server.ts";
import { readSettings } from "../src/main/settings.ts";

export interface ServedData extends AsyncDisposable {
  readonly acsUrl: string;
  readonly client: Client;
}

const LOOPBACK = "127.0.0.1:0";

/** The ACS in this process on a data folder that stays when it ends. */
export async function serveData(
  data: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ServedData> {
  const flags = { data, southbound: LOOPBACK, northbound: LOOPBACK, ...more };
  const server = await startServer(readSettings({ flags, environment: {}, file: {} }));
  return {
    acsUrl: server.acsUrl,
    client: createClient({ url: server.northboundUrl, token: server.token }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** A device that was let in and takes no credentials; gives its key. */
export async function enrolOn({ acsUrl }: ServedData, SerialNumber: string): Promise<string> {
  await using device = new LockstepDevice({ acsUrl, deviceId: { SerialNumber } });
  await device.inform({ events: ["0 BOOTSTRAP"] });
  await device.expectRpc("SetParameterValues");
  await device.fault(9001, "no credentials, please");
  await device.expectNothing();
  return device.key;
}
