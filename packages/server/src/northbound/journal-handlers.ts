import { routes, type AuditQuery } from "@heliograph/api";
import { parseDeviceKey } from "@heliograph/protocol";
import { grantId, type AuditQuery as AuditFilters } from "../ports/index.ts";
import { withOutcomes } from "./audit-outcomes.ts";
import { unknownDevice } from "./device-handlers.ts";
import { present } from "./present.ts";
import { isRefusal, refuseInput, type Refusal } from "./refusal.ts";
import { give, serve } from "./serve.ts";
import type { NorthboundPorts } from "./settings.ts";
import { showEvent } from "./show-journal.ts";
import { visibleAudits, visibleEvents } from "./visible.ts";

const PAGE = 100;

/** What happened, and who did what. */
export function journalHandlers({ store }: NorthboundPorts) {
  return {
    listDeviceEvents: serve(routes.listDeviceEvents, async ({ input: { params, query }, manager }) => {
      const device = parseDeviceKey(params.key);
      if (device === undefined) return unknownDevice(params.key);
      const limit = query.limit ?? PAGE;
      const events = await store.events({ device, after: query.after ?? 0, limit });
      const last = events.at(-1);
      const next = last === undefined || events.length < limit ? {} : { next: last.id };
      return give(200, {
        items: (await visibleEvents(manager, events)).map(showEvent),
        ...next,
      });
    }),

    listAudit: serve(routes.listAudit, async ({ input: { query }, manager }) => {
      const limit = query.limit ?? PAGE;
      const before = query.cursor === undefined ? undefined : Number(query.cursor);
      if (before !== undefined && !Number.isSafeInteger(before)) {
        return refuseInput("invalid-request", [
          { at: "cursor", detail: "hand in the `next` of the page before" },
        ]);
      }
      const filters = readFilters(query);
      if (isRefusal(filters)) return filters;
      const entries = await store.audit({ limit, ...(before === undefined ? {} : { before }), ...filters });
      const last = entries.at(-1);
      const next = last === undefined || entries.length < limit ? {} : { next: String(last.id) };
      return give(200, {
        items: (await withOutcomes(store, await visibleAudits(manager, entries))).map(({ entry }) => entry),
        ...next,
      });
    }),
  };
}

type Filters = Omit<AuditFilters, "before" | "limit">;

function readFilters({
  manager,
  device: text,
  grant: hex,
  action,
  since,
  until,
}: AuditQuery): Filters | Refusal {
  const device = text === undefined ? undefined : parseDeviceKey(text);
  if (text !== undefined && device === undefined) {
    return refuseInput("invalid-request", [{ at: "device", detail: "is no key" }]);
  }
  const grant = hex === undefined ? undefined : grantId(hex);
  return present({
    manager,
    device,
    grant,
    action,
    since: since === undefined ? undefined : Date.parse(since),
    until: until === undefined ? undefined : Date.parse(until),
  });
}
