import { accept, refuse } from "@heliograph/protocol";
import type { Decoded, StompHeaders } from "@heliograph/protocol";
import type { Position } from "../ports/index.ts";

/** What destinations begin with that are channels [LIGHT 5]. */
export const CHANNEL = "/channel/";

const OFFSET = /^[0-9]{1,10}$/;

/** Where a subscriber says that it stands; undefined where it says nothing. */
export function positionIn(headers: StompHeaders): Decoded<Position | undefined> {
  const [epoch, offset] = [headers.get("epoch"), headers.get("offset")];
  if (epoch === undefined && offset === undefined) return accept(undefined);
  if (epoch === undefined || offset === undefined || !OFFSET.test(offset)) {
    return refuse("bad-header", "SUBSCRIBE", "epoch and offset come together, and offset is a number");
  }
  return accept({ epoch, offset: Number(offset) });
}
