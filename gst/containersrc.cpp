#include "elements.h"
static gboolean containersrc_element_init(GstPlugin *plugin) { return TRUE; }
GST_ELEMENT_REGISTER_DEFINE_CUSTOM(containersrc, containersrc_element_init)
