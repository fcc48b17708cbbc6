// `npm run hostile`: has every hostile case done to a running server, and prints what came of each as a table.
// `npm run hostile -- cookies` does those with that word in their name.
import { Arena, type Outcome } from "./arena.ts";
import { hostileCases } from "./cases.ts";
import { outcomeTable } from "./outcome-table.ts";

const [, , word = ""] = process.argv;
await using arena = await Arena.open();
const outcomes: Outcome[] = [];
for (const { hostile, outcome } of arena.begin(hostileCases.filter(({ name }) => name.includes(word)))) {
  process.stderr.write(`${hostile.name}\n`);
  outcomes.push(await outcome());
}
process.stdout.write(`${outcomeTable(outcomes)}\n`);
for (const { name, complaints } of outcomes) {
  for (const complaint of complaints) process.stdout.write(`FAILED ${name}: ${complaint}\n`);
}
if (outcomes.some(({ complaints }) => complaints.length > 0)) process.exitCode = 1;
