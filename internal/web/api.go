package web

// apiRoot is where the API for programs begins.
const apiRoot = "/api/v1"
