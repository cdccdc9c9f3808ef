/** The requests of nodes for certificates, on the port of the agents' channel. */
export const enrolmentPath = '/v1/enrolment';
export const renewalPath = '/v1/renewal';

/** The most bytes of a request, and of its answer. */
export const maxEnrolmentBytes = 16 * 1024;
export const maxEnrolmentAnswerBytes = 64 * 1024;
