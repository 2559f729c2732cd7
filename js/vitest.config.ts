import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    // no test waits for real time; on a busy machine one that computes takes ten times as long
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
