/** Waits until something listens. @throws Error that names the setting, when the port is taken. */
export async function namingPort<T>(variable: string, listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new Error(`${(error as Error).message}: set ${variable}, 0 for any free one`, { cause: error });
  }
}
