import type { AcsSeat } from "../../acs/acs-seat.ts";
import { expect, NotTested } from "../../case.ts";
import type { Opening } from "../../wire/http-exchange.ts";
import { expectServes, type AcsCase } from "./exchange.ts";

const UNKNOWN = "x.unknown";
const WRONG = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJsaWdodCJ9.";

/** How sockets are opened, and who has one. */
export const openingCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-OPEN-1",
    text: "of an offer the first subprotocol that the ACS speaks is taken, and only that one is echoed",
    async run(seat) {
      const { subprotocol } = seat.target;
      const opening = await openNow(seat, { subprotocols: [UNKNOWN, subprotocol] });
      expect(opening.subprotocol === subprotocol, subprotocol, opening.subprotocol ?? "no subprotocol");
    },
  },
  {
    rule: "LIGHT-OPEN-2",
    text: "an offer without a subprotocol that the ACS speaks is refused with 400",
    async run(seat) {
      await expectStatus(await seat.open({ subprotocols: [UNKNOWN] }), 400);
    },
  },
  {
    rule: "LIGHT-OPEN-3",
    text: "the token may stand in a protocol entry, which is never echoed",
    async run(seat) {
      const { subprotocol } = seat.target;
      const opening = await openNow(seat, { by: "entry" });
      expect(opening.subprotocol === subprotocol, subprotocol, opening.subprotocol ?? "no subprotocol");
    },
  },
  {
    rule: "LIGHT-OPEN-4",
    text: "a wrong token is refused with 401",
    async run(seat) {
      await expectStatus(await seat.open({ token: WRONG }), 401);
    },
  },
  {
    rule: "LIGHT-OPEN-4",
    text: "an opening without a token is refused with 401",
    async run(seat) {
      if (seat.target.subprotocol === "v12.stomp") {
        throw new NotTested("in STOMP the token may come as passcode, on the socket");
      }
      await expectStatus(await seat.open({ token: undefined }), 401);
    },
  },
  {
    rule: "LIGHT-OPEN-5",
    text: "a wrong token in a protocol entry gets an open socket, which closes with 4001",
    async run(seat) {
      const opening = await seat.open({ token: WRONG, by: "entry" });
      expect(opening.is === "open", "an open socket", opening.is === "open" ? "" : `HTTP ${opening.status}`);
      await using talk = seat.talkOver(opening);
      await talk.closing(4001);
    },
  },
  {
    rule: "LIGHT-OPEN-6",
    text: "a token opens more than one socket, one after the other",
    async run(seat) {
      await openNow(seat, {});
      await openNow(seat, {});
    },
  },
  {
    rule: "LIGHT-OPEN-10",
    text: "of two sockets of a device the newest wins, and the older closes with 4000",
    async run(seat) {
      await using older = await seat.converse();
      await expectServes(older);
      await using newer = await seat.converse();
      await expectServes(newer);
      await older.closing(4000);
      await expectServes(newer, "after the older one's end");
    },
  },
];

async function openNow(
  seat: AcsSeat,
  offer: Parameters<AcsSeat["open"]>[0],
): Promise<Extract<Opening, { is: "open" }>> {
  const opening = await seat.open(offer);
  expect(opening.is === "open", "an open socket", opening.is === "open" ? "" : `HTTP ${opening.status}`);
  await opening.socket[Symbol.asyncDispose]();
  return opening;
}

async function expectStatus(opening: Opening, status: number): Promise<void> {
  if (opening.is === "open") await opening.socket[Symbol.asyncDispose]();
  const came = opening.is === "open" ? "an open socket" : `HTTP ${opening.status}`;
  expect(opening.is === "refused" && opening.status === status, `HTTP ${status}`, came);
}
