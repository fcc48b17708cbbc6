// Devices in a process of their own, which does what its parent says.
import { Fleet } from "./fleet.ts";
import { isFleetOrder, type FleetOrder, type FleetWord } from "./fleet-messages.ts";

let fleet: Fleet | undefined;

process.on("message", (message) => {
  if (isFleetOrder(message)) void obey(message);
});
process.on("disconnect", () => process.exit());
// Ctrl-C ends the parent, which has its devices end in order.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);

async function obey(order: FleetOrder): Promise<void> {
  switch (order.type) {
    case "start":
      fleet = new Fleet(order.settings);
      await fleet.start();
      say({ type: "started" });
      break;
    case "report":
      say({ type: "reported", report: fleet?.report(order.since) ?? { isIn: 0, out: [], informs: 0 } });
      break;
    case "tell-outages":
      say({ type: "outages", outages: fleet?.outages(order.since) ?? [] });
      break;
    case "close":
      await fleet?.close();
      say({ type: "closed" });
      break;
  }
}

function say(word: FleetWord): void {
  process.send?.(word);
}
