/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lint found, as SARIF: each finding at its line, with what would stand there instead. */
#include "report/lint_report.h"
#include "report/sarif.h"

#include <errno.h>
#include <stdlib.h>

VEC_TYPE(lint_results, struct sarif_result);

/* Makes the result of a finding. 0 or -ENOMEM. */
static int result_make(const struct lint_finding *finding, struct arena *arena,
                       struct sarif_result *result)
{
	*result = (struct sarif_result){
	    .rule = lint_rule_name(finding->rule),
	    .rule_text = lint_rule_text(finding->rule),
	    .severity = finding->severity,
	    .message = arena_printf(arena, "%s%s%s; %s", finding->service ? finding->service : "",
	                            finding->service ? ": " : "", finding->why, finding->fix),
	    .subject = finding->service,
	    .place = {.path = finding->place.file,
	              .line = finding->place.line,
	              .column = finding->place.column,
	              .end_column = finding->place.end_column,
	              .insert = finding->replacement,
	              .reason = finding->fix},
	};
	return result->message ? 0 : -ENOMEM;
}

int lint_report_sarif(const struct lint *lint, FILE *out)
{
	struct lint_results results = {0};
	struct arena arena = {0};
	int status = 0;

	vec_foreach(finding, &lint->findings) {
		struct sarif_result *result = vec_push(&results);

		status = result ? result_make(finding, &arena, result) : -ENOMEM;
		if (status < 0)
			break;
	}
	if (status == 0)
		status = sarif_write(results.items, results.n, NULL, 0, out);
	vec_done(&results);
	arena_done(&arena);
	return status;
}
