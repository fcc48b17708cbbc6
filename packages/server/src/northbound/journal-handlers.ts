import { routes } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { unknownDevice } from "./device-handlers.ts";
import { refuseInput } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showAudit, showEvent } from "./show-journal.ts";

const PAGE = 100;

/** What happened, and who did what. */
export function journalHandlers({ store }: NorthboundPorts) {
  return {
    listDeviceEvents: serve(routes.listDeviceEvents, async ({ input: { params, query } }) => {
      const device = parseDeviceKey(params.key);
      if (device === undefined) return unknownDevice(params.key);
      const limit = query.limit ?? PAGE;
      const events = await store.events({ device, after: query.after ?? 0, limit });
      const last = events.at(-1);
      const next = last === undefined || events.length < limit ? {} : { next: last.id };
      return give(200, { items: events.map(showEvent), ...next });
    }),

    listAudit: serve(routes.listAudit, async ({ input: { query } }) => {
      const limit = query.limit ?? PAGE;
      const before = query.cursor === undefined ? undefined : Number(query.cursor);
      if (before !== undefined && !Number.isSafeInteger(before)) {
        return refuseInput("invalid-request", [
          { at: "cursor", detail: "hand in the `next` of the page before" },
        ]);
      }
      const entries = await store.audit({ limit, ...(before === undefined ? {} : { before }) });
      const last = entries.at(-1);
      const next = last === undefined || entries.length < limit ? {} : { next: String(last.id) };
      return give(200, { items: entries.map(showAudit), ...next });
    }),
  };
}
