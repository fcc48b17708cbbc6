import assert from "node:assert/strict";
import { test } from "node:test";
import { routes, type Route } from "@heliograph/api";
import { metricRows, type MetricRow } from "../ports/index.ts";

test("the requests of every part of the API are counted under its name", () => {
  const row = metricRows.find(({ name }): boolean => name === "heliograph_northbound_requests_total");
  const { labels = {} }: Partial<MetricRow> = row ?? {};
  for (const { tag } of Object.values<Route>(routes)) assert.ok(labels["tag"]?.includes(tag), tag);
});
