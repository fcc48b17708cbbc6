import type {
  Campaign,
  CampaignMemberPage,
  CampaignMemberQuery,
  CampaignPage,
  CampaignPaging,
  CampaignPreview,
  CampaignRequest,
  CampaignWish,
} from "../campaigns.ts";
import type { CallOptions } from "./call-options.ts";
import { askJson, segments, type Transport } from "./transport.ts";

export interface CampaignOptions extends CallOptions {
  /** Asked again with the same key, it is the same campaign. */
  readonly idempotencyKey?: string;
}

/** The same RPCs on many devices. */
export interface CampaignsClient {
  create(request: CampaignRequest, options?: CampaignOptions): Promise<Campaign>;
  preview(wish: CampaignWish, options?: CallOptions): Promise<CampaignPreview>;
  list(query?: CampaignPaging, options?: CallOptions): Promise<CampaignPage>;
  get(id: string, options?: CallOptions): Promise<Campaign>;
  devices(id: string, query?: CampaignMemberQuery, options?: CallOptions): Promise<CampaignMemberPage>;
  pause(id: string, options?: CallOptions): Promise<Campaign>;
  /** Goes on with it by the right of whoever says so. */
  resume(id: string, options?: CallOptions): Promise<Campaign>;
  cancel(id: string, options?: CallOptions): Promise<Campaign>;
}

export function campaignsClient(transport: Transport): CampaignsClient {
  const campaign = (...rest: readonly string[]): string => segments("campaigns", ...rest);
  const move = (id: string, how: string, { signal }: CallOptions): Promise<Campaign> =>
    askJson(transport, { method: "POST", path: campaign(id, how), signal });
  return {
    create: (body, { signal, idempotencyKey } = {}) =>
      askJson(transport, {
        method: "POST",
        path: "operations",
        headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
        body,
        signal,
      }),
    preview: (body, { signal } = {}) =>
      askJson(transport, { method: "POST", path: campaign("preview"), body, signal }),
    list: (query = {}, { signal } = {}) =>
      askJson(transport, { method: "GET", path: campaign(), query: { ...query }, signal }),
    get: (id, { signal } = {}) => askJson(transport, { method: "GET", path: campaign(id), signal }),
    devices: (id, query = {}, { signal } = {}) =>
      askJson(transport, { method: "GET", path: campaign(id, "devices"), query: { ...query }, signal }),
    pause: (id, options = {}) => move(id, "pause", options),
    resume: (id, options = {}) => move(id, "resume", options),
    cancel: (id, options = {}) => move(id, "cancel", options),
  };
}
