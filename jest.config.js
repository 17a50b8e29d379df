/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // The slower suites that start whole clusters run from .ci/run: `npm run test:e2e`.
  testPathIgnorePatterns: process.env.SUITE === 'e2e' ? [] : ['/test/e2e/', '/test/chaos/', '/test/browser/'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/cdk.out'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // Far more than any test takes alone: a busy machine is no failure.
  testTimeout: 60_000,
  // Many tests wait for processes and sockets, so every core gets a worker; whole clusters run one at a time.
  maxWorkers: process.env.SUITE === 'e2e' ? 1 : '100%',
};
