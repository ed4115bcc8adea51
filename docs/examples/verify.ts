// Receives webhooks in Node: npm i standardwebhooks
//
//   WEBHOOK_SECRET=whsec_… PORT=4000 node docs/examples/verify.ts
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? "");

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    try {
      // The bytes as they came: parsing and writing JSON again would change what was signed.
      const body = Buffer.concat(chunks).toString("utf8");
      const event = webhook.verify(body, request.headers as Record<string, string>) as { id: string; type: string };
      // The same id again is the same event again: keep the ids you have handled.
      console.log(`verified ${event.id} ${event.type}`);
      response.writeHead(204).end();
    } catch (error) {
      console.log(`refused: ${(error as Error).message}`);
      response.writeHead(401).end();
    }
  });
}).listen(Number(process.env.PORT ?? 4000), () => console.log("listening"));
