import { expect } from "../../case.ts";
import type { Connection, DeviceSeat } from "../../device/device-seat.ts";
import type { DeviceCase } from "./asking.ts";

/** The first two waits of the session retry table, and some for the way. */
const RETRY_MS = [4_000, 25_000] as const;
const AWAY_MS = 15_000;
/** Browsers cannot close with 1003. */
const UNREADABLE = [1003, 1000, 1005, 1006] as const;

/** How a device ends a connection and comes back. */
export const returningCases: readonly DeviceCase[] = [
  {
    rule: "LIGHT-CLOSE-4",
    text: "after 1001 with the reason 1 the device is back within two seconds or so",
    needs: "time",
    async run(seat) {
      const back = await after(seat, ({ talk }) => talk.close(1001, "1"));
      expect(
        back.cameAfterMs !== undefined && back.cameAfterMs < 4_000,
        "another socket within 2 s",
        waited(back),
      );
    },
  },
  {
    rule: "LIGHT-LIVE-5",
    text: "after a lost connection the device is back by the session retry table",
    needs: "time",
    async run(seat) {
      const back = await after(seat, ({ talk }) => talk.lose());
      const [least, most] = RETRY_MS;
      const { cameAfterMs = 0 } = back;
      expect(cameAfterMs >= least && cameAfterMs <= most, "another socket after 5 to 20 s", waited(back));
    },
  },
  {
    rule: "LIGHT-ATTACH-3",
    text: "it comes back with the newest token that it was given",
    needs: "time",
    async run(seat) {
      await seat.connection();
      const newest = seat.tokens.at(-1);
      const { token } = await after(seat, ({ talk }) => talk.close(1001, "1"));
      expect(token === newest, "the token of the last answer", token === undefined ? "none" : "an older one");
    },
  },
  {
    rule: "LIGHT-CLOSE-1",
    text: "after 4001 the device Informs over HTTP",
    needs: "time",
    async run(seat) {
      const before = seat.informs.length;
      await after(seat, ({ talk }) => talk.close(4001));
      expect(seat.informs.length > before, "an Inform over HTTP", "another socket without one");
    },
  },
  {
    rule: "LIGHT-TOKEN-1",
    text: "what cannot be read closes the connection with 1003",
    needs: "time",
    async run(seat) {
      const { talk } = await seat.connection();
      talk.say(seat.subprotocol === "v12.stomp" ? "HELLO\n\n\0" : "this cannot be read");
      await talk.closing(...UNREADABLE);
      seat.ended();
    },
  },
  {
    rule: "LIGHT-CLOSE-2",
    text: "after 4501 the device stays away",
    needs: "destruction",
    async run(seat) {
      const { talk } = await seat.connection();
      const [connections, informs] = [seat.connections.length, seat.informs.length];
      talk.close(4501);
      seat.ended();
      await talk.closing(4501, 1005, 1006);
      await seat.informed.take(AWAY_MS);
      const came = seat.connections.length > connections && seat.informs.length === informs;
      expect(!came, `no socket for ${AWAY_MS / 1_000} s`, "another socket");
    },
  },
];

async function after(seat: DeviceSeat, end: (connection: Connection) => void): Promise<Connection> {
  const connection = await seat.connection();
  end(connection);
  seat.ended();
  return seat.connection();
}

function waited({ cameAfterMs = 0 }: Connection): string {
  return `one after ${(cameAfterMs / 1_000).toFixed(1)} s`;
}
