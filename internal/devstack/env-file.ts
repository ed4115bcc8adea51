import { writeFileSync } from "node:fs";

/** Writes the settings that the parts need into a new `.env`; false when there is one already, which stays. */
export function writeEnvFile(env: Record<string, string>, file = ".env"): boolean {
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
  try {
    writeFileSync(file, `# Written by npm run infra. docs/configuration.md explains each setting.\n${lines.join("")}`, {
      mode: 0o600,
      flag: "wx",
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}
