import type { ObservedDaemon } from '../../../core/sessions/session.ts';

export const birdDaemon: ObservedDaemon = {
  ok: true,
  at: '/run/calico/bird.ctl',
  status: { version: '1.6.8', routerId: '10.0.0.2', activity: 'running', isRecovering: false },
  sessions: [],
  routes: 0,
};
