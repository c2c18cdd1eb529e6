export class DashboardPage { constructor(host) { host.append('…'); } update() {} }
