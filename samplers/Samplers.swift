// samplers
