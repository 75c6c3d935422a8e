// What costs time and is not asked for is off.
export const gatewayConfig = { logging: false, graphiql: false, landingPage: false }
