import type { Subprotocol } from "../../speech/speech.ts";
import { attachingCases, impostorCases } from "./attaching.ts";
import { callCases, jsonCallCases, soapCallCases } from "./calls.ts";
import { envelopeCases } from "./envelopes.ts";
import type { AcsCase } from "./exchange.ts";
import { frameCases } from "./frames.ts";
import { beatCases } from "./heart-beats.ts";
import { firstWordCases, livenessCases } from "./liveness.ts";
import { openingCases } from "./opening.ts";
import { registeringCases } from "./registering.ts";
import { listCases, tokenCases } from "./tokens.ts";

/** What an ACS is tested for, in the order in which it is done. */
export const acsCases: Readonly<Record<Subprotocol, readonly AcsCase[]>> = {
  "cwmp.json": [
    ...registeringCases,
    ...openingCases,
    ...firstWordCases,
    ...tokenCases,
    ...listCases,
    ...attachingCases,
    ...livenessCases,
    ...callCases,
    ...jsonCallCases,
    ...impostorCases,
  ],
  "cwmp.soap": [
    ...registeringCases,
    ...openingCases,
    ...firstWordCases,
    ...envelopeCases,
    ...livenessCases,
    ...soapCallCases,
    ...callCases,
    ...impostorCases,
  ],
  "v12.stomp": [
    ...registeringCases,
    ...openingCases,
    ...frameCases,
    ...beatCases,
    ...livenessCases.filter(({ rule }) => rule === "LIGHT-LIVE-1"),
    ...callCases,
    ...jsonCallCases,
  ],
};
