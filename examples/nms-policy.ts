// Another system says what the devices of a group are to hold: node examples/nms-policy.ts <policy> <group> <values>
//   HELIOGRAPH_URL, HELIOGRAPH_TOKEN: a token whose role may keep policies, and write what it sets
import type { PolicyRequest } from "@heliograph/api";
import { ApiError, createClient } from "@heliograph/api/client";

const { HELIOGRAPH_URL: url = "http://127.0.0.1:8080", HELIOGRAPH_TOKEN: token = "" } = process.env;
const [name = "guest-wifi", group = "routers", values = "{}"] = process.argv.slice(2);
const { policies } = createClient({ url, token });
const wanted: unknown = JSON.parse(values);

try {
  if (!isObject(wanted)) throw new TypeError("values are a JSON object, by object and leaf");
  await policies.set(name, { group, values: wanted });
  const { devices, conflicts } = await policies.preview(name);
  for (const { device, changes } of devices) console.log(`${device}: ${changes.length} to change`);
  if (conflicts.length > 0) throw new Error(`another policy sets ${conflicts[0]?.path}`);
  const { version } = await policies.publish(name);
  console.log(`version ${version} is published`);

  let applied = 0;
  while (applied < devices.length) {
    const { compliance } = await policies.get(name);
    if (compliance.applied > applied) console.log(`${compliance.applied} of ${compliance.members} hold it`);
    applied = compliance.applied;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.log(`refused: ${error.reason}: ${error.message}`);
  process.exitCode = 1;
}

function isObject(value: unknown): value is NonNullable<PolicyRequest["values"]> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
